"""Vision transformers that average their tokens instead of reading a class token.

Dosovitskiy et al., "An image is worth 16x16 words: transformers for image recognition at scale", ICLR 2021
(https://arxiv.org/abs/2010.11929). Tensors carry the names they have in timm.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import nn


class Sum(nn.Module):
    """The residual sum, a module of its own so that it can be tapped."""

    def forward(
        self, x: Float[torch.Tensor, "n t d"], branch: Float[torch.Tensor, "n t d"]
    ) -> Float[torch.Tensor, "n t d"]:
        return x + branch


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Float[torch.Tensor, "n t d"]) -> Float[torch.Tensor, "n t d"]:
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1))
        attended = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(attended.transpose(1, 2).flatten(2))


class MLP(nn.Module):
    """Two linear layers with a GELU between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Float[torch.Tensor, "n t d"]) -> Float[torch.Tensor, "n t d"]:
        return self.fc2(nn.functional.gelu(self.fc1(x)))


class Block(nn.Module):
    """Attention and MLP, each on the normalised tokens and added to them; both sums are modules."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.attention_sum = Sum()
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = MLP(width, hidden)
        self.mlp_sum = Sum()

    def forward(self, x: Float[torch.Tensor, "n t d"]) -> Float[torch.Tensor, "n t d"]:
        x = self.attention_sum(x, self.attn(self.norm1(x)))
        return self.mlp_sum(x, self.mlp(self.norm2(x)))


class PatchEmbed(nn.Module):
    """Cut an image into patches and make each a token; the map has its channels last."""

    output_fmt = "NHWC"  # says so in timm's way

    def __init__(self, in_channels: int, width: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(in_channels, width, patch, stride=patch)

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n i j d"]:
        return self.proj(x).movedim(1, -1)


class ViT(nn.Module):
    """Patches, a position for each, transformer blocks, a norm, the mean of the tokens and a linear classifier.

    Parameters
    ----------
    num_classes, in_channels : int
        Width of the output and channels of the input.
    patch, width, depth, heads, hidden : int
        Side of a patch in pixels, width of a token, number of blocks, of heads in each, and width inside the MLP.
    image_size : int or None
        Learns one position for each patch of images of this side; None takes images of any size that patches divide,
        and gives each patch the sines and cosines of its coordinates.
    """

    num_prefix_tokens = 0  # there is no class token

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int,
        patch: int,
        width: int,
        depth: int,
        heads: int,
        hidden: int,
        image_size: int | None = None,
    ) -> None:
        super().__init__()
        self.patch_embed = PatchEmbed(in_channels, width, patch)
        self.pos_embed = (
            None if image_size is None else nn.Parameter(0.02 * torch.randn(1, (image_size // patch) ** 2, width))
        )
        self.blocks = nn.Sequential(*(Block(width, heads, hidden) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        nn.init.trunc_normal_(self.head.weight, std=0.02)

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n classes"]:
        x = self.patch_embed(x)
        positions = sines(x.shape[1], x.shape[2], x.shape[3]).to(x) if self.pos_embed is None else self.pos_embed
        x = self.blocks(x.flatten(1, 2) + positions)
        return self.head(self.norm(x).mean(1))


def sines(rows: int, columns: int, width: int) -> Float[torch.Tensor, "t d"]:
    """Sines and cosines of the row and the column of each patch, a quarter of the width each."""
    frequencies = torch.exp(torch.arange(width // 4) * (-math.log(10_000) / (width // 4)))
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    angles = [coordinate.reshape(-1, 1) * frequencies for coordinate in (row, column)]
    return torch.cat([function(angle) for angle in angles for function in (torch.sin, torch.cos)], dim=1)


def vit_b_32(num_classes: int = 1000, in_channels: int = 3) -> ViT:
    """ViT-B/32 for images of 224 pixels: 12 blocks of width 768, 88.2 M parameters."""
    return ViT(
        num_classes, in_channels=in_channels, patch=32, width=768, depth=12, heads=12, hidden=3072, image_size=224
    )


def vit_small(num_classes: int = 10, in_channels: int = 1) -> ViT:
    """Four blocks of width 64 on patches of 2 pixels, 0.13 M parameters, for images of 8 to 64 pixels."""
    return ViT(num_classes, in_channels=in_channels, patch=2, width=64, depth=4, heads=4, hidden=128)
