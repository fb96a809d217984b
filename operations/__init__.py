"""What those who run an installation look at: health, headers, logs, metrics."""
