"""The same runs on a Dask cluster over a shared folder. The only place that knows Dask."""
