"""The engine: a network is compiled to a plan, a backend turns the plan into an executable that owns its arrays."""
