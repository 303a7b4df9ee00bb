"""Write Keras models as Keras writes them, with what Keras says of every layer.

    python tests/oracle/generate_keras_models.py tests/oracle/keras

Needs keras and one of its backends; made with keras 3.15.1 on jax.
"""

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # reads the backend when it is imported
from keras import layers


def everything() -> Any:
    start = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 255.0)(start)
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    y = layers.BatchNormalization()(x)
    z = layers.Concatenate()([layers.Add()([x, y]), x])
    z = layers.SeparableConv2D(4, 3, depth_multiplier=2)(z)
    z = layers.DepthwiseConv2D(3, strides=2, padding="same")(z)
    z = layers.ReLU(6.0)(z)
    z = layers.ZeroPadding2D(((1, 2), (3, 4)))(z)
    z = layers.Cropping2D(((0, 1), (1, 0)))(z)
    z = layers.UpSampling2D(2)(z)
    z = layers.Conv2DTranspose(5, 3, strides=2, padding="same", output_padding=1)(z)
    z = layers.MaxPooling2D(2)(layers.LeakyReLU()(z))
    z = layers.Maximum()([z, layers.Activation("gelu")(z)])
    z = layers.AveragePooling2D(3, strides=1, padding="same")(z)
    z = layers.GlobalAveragePooling2D()(layers.Activation("tanh")(z))
    z = layers.Dropout(0.3)(layers.BatchNormalization()(z))
    return keras.Model(start, layers.Softmax()(layers.Dense(10)(z)))


def line() -> Any:
    return keras.Sequential(
        [
            keras.Input((50, 4)),
            layers.Conv1D(6, 3, padding="causal"),
            layers.BatchNormalization(),
            layers.MaxPooling1D(2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def volume() -> Any:
    return keras.Sequential(
        [
            keras.Input((9, 16, 16, 2)),
            layers.Conv3D(4, 3),
            layers.BatchNormalization(),
            layers.GlobalMaxPooling3D(),
            layers.Dense(2),
        ]
    )


def shared() -> Any:
    start = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, padding="same")
    return keras.Model(start, layers.Add()([conv(start), conv(conv(start))]))


def row(layer: Any) -> list[Any]:
    """Return the output shape (None if the layer is called more than once) and the parameters."""
    once = len(layer._inbound_nodes) == 1
    shape = [1 if size is None else size for size in layer.output.shape] if once else None
    return [shape, layer.count_params()]


def main(folder: Path) -> None:
    models = {
        "everything": everything(),
        "line": line(),
        "volume": volume(),
        "shared": shared(),
        "mobilenet": keras.applications.MobileNet(weights=None),
        "mobilenet_v2": keras.applications.MobileNetV2(weights=None),
        "resnet50": keras.applications.ResNet50(weights=None),
        "vgg16": keras.applications.VGG16(weights=None),
        "densenet121": keras.applications.DenseNet121(weights=None),
    }
    for name, model in models.items():
        made = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
        record = {
            "keras": keras.__version__,
            "model": json.loads(model.to_json()),
            "params": model.count_params(),
            "layers": {layer.name: row(layer) for layer in made},
        }
        text = json.dumps(record, separators=(",", ":"))
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
