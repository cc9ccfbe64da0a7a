"""The training panel and the live plots."""
