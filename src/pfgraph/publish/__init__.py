"""What is changed: tokens, updates, the gate in front of a release, and its publication."""
