"""What is frozen: releases, and the shelf they stand on."""
