"""MobileNetV2 in PyTorch with torchvision's names and shapes, which is not needed for it: for races and comparisons."""

from torch import nn
from torch.nn import functional as F


class InvertedResidual(nn.Module):
    """Pointwise to `expansion` times the channels, depthwise 3 x 3, pointwise; torchvision's names."""

    def __init__(self, channels, out, expansion, stride, same):
        super().__init__()
        hidden = expansion * channels
        layers = [MobileNetV2.layer(channels, hidden, 1)] if expansion > 1 else []
        layers.append(MobileNetV2.layer(hidden, hidden, 3, stride, hidden, same))
        layers += [nn.Conv2d(hidden, out, 1, bias=False), nn.BatchNorm2d(out)]
        self.conv = nn.Sequential(*layers)
        self.residual = channels == out and stride == 1

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class ZerosBehind(nn.Conv2d):
    """TensorFlow's SAME for a kernel of 3 with stride 2 at an even size."""

    def forward(self, x):
        return super().forward(F.pad(x, (0, 1, 0, 1)))


class MobileNetV2(nn.Module):
    """torchvision's mobilenet_v2 by name and shape, but for `channels`: one is three equal ones with their weights summed."""

    BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    CONTRAST = 1.0

    def __init__(self, classes, frames, bands, dropout, channels=1, same=False):
        super().__init__()
        layers, size = [self.layer(channels, 32, 3, 2, 1, same)], 32
        for expansion, out, repeats, stride in self.BLOCKS:
            for index in range(repeats):
                layers.append(InvertedResidual(size, out, expansion, stride if index == 0 else 1, same))
                size = out
        self.features = nn.Sequential(*layers, self.layer(size, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, classes))

    @staticmethod
    def layer(channels, out, kernel, stride=1, groups=1, same=False):
        behind = same and stride == 2
        kind = ZerosBehind if behind else nn.Conv2d
        convolution = kind(channels, out, kernel, stride, 0 if behind else kernel // 2, groups=groups, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU6(inplace=True))

    def forward(self, x):
        upwards = x.transpose(1, 2).flip(1).unsqueeze(1)
        picture = F.interpolate(upwards, (224, 224), mode="bilinear", antialias=True, align_corners=False)
        picture = (self.CONTRAST * picture).clamp(-1, 1)
        return self.classifier(self.features(picture).mean((2, 3)))
