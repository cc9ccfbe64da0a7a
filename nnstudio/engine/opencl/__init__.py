"""The OpenCL backend: networks as lists of kernel launches, for CPUs and GPUs.

A plan is *lowered* to a schedule, which is plain data and needs no device: which kernels, launched how, on which
buffers (``lowering.py``, one file an op in ``ops/``). An executable then builds the program, makes the buffers, sets
all arguments once and replays the schedule (``executable.py``). Only ``backend.py`` and what it uses import pyopencl.
"""
