"""Lines of log: each is written, in order, within a moment."""

from __future__ import annotations

import asyncio
import logging

import pytest

from pfgraph.web.loglines import SOON_S, Gathered


def line(text: str) -> logging.LogRecord:
    """Return a record that says so."""
    return logging.makeLogRecord({"msg": text})


def test_lines_of_one_moment_are_written_together_and_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    async def answer() -> None:
        handler = Gathered()
        for text in ("一", "二"):
            handler.handle(line(text))
            await asyncio.sleep(SOON_S / 10)
        assert capsys.readouterr().err == ""
        await asyncio.sleep(2 * SOON_S)
        assert capsys.readouterr().err == "一\n二\n"
        handler.handle(line("三"))
        await asyncio.sleep(2 * SOON_S)

    asyncio.run(answer())
    assert capsys.readouterr().err == "三\n"


def test_a_line_is_not_lost_when_the_process_ends_first(capsys: pytest.CaptureFixture[str]) -> None:
    async def answer(handler: Gathered) -> None:
        handler.handle(line("一"))

    handler = Gathered()
    asyncio.run(answer(handler))
    # As `logging.shutdown` does when the interpreter ends.
    handler.flush()
    assert capsys.readouterr().err == "一\n"


def test_where_no_loop_runs_a_line_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    Gathered().handle(line("一"))
    assert capsys.readouterr().err == "一\n"
