"""What is asked: queries, and the processes in which they are evaluated."""
