"""What the seed deck holds, as every test of it knows it."""

KEYS = (
    "statistical-invariance",
    "convnets",
    "strides",
    "valid-padding",
    "intuition",
    "filter-depth",
    "many-filters",
    "stride-and-padding",
    "reduce-dimensionality",
    "output-formula",
    "structure",
    "translation-invariance",
    "convolution",
    "rgb-to-k-maps",
    "pyramid",
    "feature-maps",
    "stride-1-and-2",
)
