"""Playbooks, run: catalogue, parameters, kernels, run folders. The only place that knows papermill."""
