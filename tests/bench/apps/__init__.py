"""What runs inside the benchmark's containers beside the two services."""
