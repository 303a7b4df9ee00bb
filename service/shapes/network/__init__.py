"""Whole networks: graphs of layers, with sizes, costs and receptive fields.

::

    network = read_network(document)  # the graph: names, inputs, order
    inference = infer_network(network)  # the sizes and costs of every layer, and in all
    describe_network(inference)  # the whole answer as JSON, with receptive fields and counters
"""

from service.shapes.network.counters import Count, counters
from service.shapes.network.errors import NetworkError
from service.shapes.network.inference import NetworkInference, infer_network
from service.shapes.network.model import INPUT, MAX_LAYERS, Network, Node
from service.shapes.network.reading import read_network
from service.shapes.network.receptive import ReceptiveField, measured_at, receptive_fields
from service.shapes.network.report import CONVENTION, describe_network
from service.shapes.network.tables import csv_table, draw_table, shortened, text_table

__all__ = [
    "CONVENTION",
    "INPUT",
    "MAX_LAYERS",
    "Count",
    "Network",
    "NetworkError",
    "NetworkInference",
    "Node",
    "ReceptiveField",
    "counters",
    "csv_table",
    "describe_network",
    "draw_table",
    "infer_network",
    "measured_at",
    "read_network",
    "receptive_fields",
    "shortened",
    "text_table",
]
