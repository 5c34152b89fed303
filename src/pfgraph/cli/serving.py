"""serve: make the first release if there is none, and answer over HTTP."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

import typer

from pfgraph.cli import console
from pfgraph.errors import PfgraphError, SettingError
from pfgraph.messages import Text
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="待ち受けるアドレス / address to listen on")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="ポート / port")] = None,
) -> None:
    """版がなければ作り、HTTP で公開する / Make the first release if needed, and serve."""
    settings = Settings.from_environ(os.environ)
    settings = replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
    with _listen(settings) as listening:
        _have_release(settings)
        _answer(settings, listening)


def _have_release(settings: Settings) -> None:
    """Have a current release of the sources; sources that are refused leave the one there is."""
    from pfgraph.releases import pipeline

    shelf = Shelf(settings.home)
    try:
        pipeline.ensure(settings.sources, shelf, console.step)
    except PfgraphError as error:
        current = shelf.current_id()
        if current is None:
            raise
        console.show(error, as_json=False)
        console.note(
            Text(
                f"ソースに誤りがあるため、前の版 {current} を公開します。",
                f"The sources are refused, so the last release, {current}, is served.",
            )
        )


def _listen(settings: Settings) -> socket.socket:
    """Return a listening socket, before anything takes time."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise SettingError(
            "このアドレスとポートでは待ち受けられません。",
            "This address and port cannot be listened on.",
            where=f"{settings.host}:{settings.port}",
            found=error.strerror or str(error),
            try_=Text("別のポートを --port で指定してください。", "Choose another with --port."),
        ) from error


def _answer(settings: Settings, listening: socket.socket) -> None:
    from pfgraph.web.server import Server

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{listening.getsockname()[1]}/"
    console.note(Text(f"{url} で公開しています（Ctrl+C で終了）。", f"Serving at {url} (Ctrl+C to stop)."))
    with suppress(KeyboardInterrupt):
        Server(settings).run(sockets=[listening])
