"""What is answered: the protocol, the canned queries, the documents and the pages."""
