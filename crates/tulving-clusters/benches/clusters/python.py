"""Clusters float32 vectors with the Python hdbscan: python.py VECTORS DIM MIN_CLUSTER_SIZE MIN_SAMPLES LABELS

Lengths are made one first. Labels are written as int32; the seconds of the clustering alone go to stdout.
"""

import sys
import time

import hdbscan
import numpy

path, dim, size, samples, out = sys.argv[1:]
vectors = numpy.fromfile(path, dtype=numpy.float32).reshape(-1, int(dim)).astype(numpy.float64)
vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
begun = time.monotonic()
clusterer = hdbscan.HDBSCAN(
    min_cluster_size=int(size),
    min_samples=int(samples),
    metric="euclidean",
    cluster_selection_method="eom",
    core_dist_n_jobs=2,
)
labels = clusterer.fit_predict(vectors)
print(time.monotonic() - begun)
labels.astype(numpy.int32).tofile(out)
