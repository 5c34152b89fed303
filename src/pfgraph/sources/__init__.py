"""What people edit: canonical Turtle, tables, queries."""
