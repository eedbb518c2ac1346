"""VGG-19's convolutions, and the factors that normalise their activations."""

from __future__ import annotations

CONVOLUTIONS: tuple[str, ...] = (
    "conv1_1",
    "conv1_2",
    "conv2_1",
    "conv2_2",
    "conv3_1",
    "conv3_2",
    "conv3_3",
    "conv3_4",
    "conv4_1",
    "conv4_2",
    "conv4_3",
    "conv4_4",
    "conv5_1",
)
"""The convolutions up to the deepest layer that any recipe uses, in order."""

CHANNELS: tuple[int, ...] = (64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512, 512)
"""Output channels of each convolution."""

MEAN_ACTIVATIONS: tuple[float, ...] = (
    24.164,
    108.20,
    127.48,
    133.57,
    141.98,
    173.00,
    363.13,
    550.38,
    490.85,
    313.51,
    157.80,
    36.876,
    37.297,
)
"""Mean activation after ReLU of the original filters, for each convolution.

Measured over two photographs and three paintings resized to 300 × 450 and averaged. Gatys et al.
(2016, section 2) divide by such means, so that the mean activation of every layer is 1. This does
not change the function of the network, because ReLU and pooling are positively homogeneous.
"""

INPUT_MEAN: tuple[float, float, float] = (0.485, 0.456, 0.406)
INPUT_STD: tuple[float, float, float] = (0.229, 0.224, 0.225)
"""torchvision's mean and standard deviation of red, green and blue in [0, 1]."""
