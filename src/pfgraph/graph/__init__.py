"""What is said: the dataset, its validation and its metadata."""
