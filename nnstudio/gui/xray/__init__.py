"""The engine X-ray: where a training step spends its time, on one device or on two side by side."""
