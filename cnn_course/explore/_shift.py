"""Push the picture: what a shift changes behind a max pool, an average pool, and strides."""

import numpy as np

from cnn_course import reference
from cnn_course._validate import named, validate_bool, validate_integer
from cnn_course.explore._base import Explorer, finite, packed, unpacked

__all__ = ["shift"]

MAX_PIXELS, MAX_KERNEL, MAX_STRIDES = 100_000, 11, 16
SAME = 1e-6  # of the largest answer: what rounding may change


class shift(Explorer):
    """A picture to push by pixels: how many places of what is made of it stay as they were, and what else changes.

    Four maps are made of the picture as it was and as it is: all answers of the kernel; of these the largest and the
    mean of each window (max and average pool, windows as long as the strides); and every second one, or what `strides`
    says (strides of the convolution).

    Args:
        image: array (height, width) or (height, width, 1), at most 100,000 pixels. Up to 12 pixels a side it is shown
            as numbers.
        kernel: array (kernel_height, kernel_width), at most 11 on a side and as large as the image; by default the
            image itself is pooled.
        strides: int from 1 to 16, at most as many as the kernel gives answers on each side.
        by: pair (down, right) of ints, how far the picture is pushed, less than its sides.
        wrap: bool; True: what leaves on one side comes in on the other, and there are no borders; False: zeros come in,
            and the kernel stays inside ("valid").

    Raises:
        TypeError: an array does not hold real numbers, or another setting is of another kind.
        ValueError: an array has other axes, is too large or not finite, or a number is too small or too large.

    Source:
        Azulay & Weiss (2018), arXiv:1805.12177; Zhang (2019), arXiv:1904.11486.

    >>> shift(np.eye(4), by=(0, 1))
    Explorer: push the picture, image 4×4, kernel 1×1, strides=2, by=(0, 1), wrap=True; places that stay: all answers \
8 of 16, max pool 2 of 4, average pool 0 of 4, strides 2 of 4.
    """

    title = "Push the picture"

    def __init__(self, image, kernel=((1,),), strides=2, by=(0, 1), wrap=True):
        super().__init__(image=image, kernel=kernel, strides=strides, by=by, wrap=wrap)

    def _checked(self, image, kernel, strides, by, wrap):
        image, kernel = finite(unpacked(image), "image"), finite(kernel, "kernel")
        if image.shape[-1] != 1 or image.size > MAX_PIXELS:
            limit = f"one channel and at most {MAX_PIXELS:,} pixels"
            raise ValueError(f"`image` must have {limit}. Received: image of shape {image.shape}.")
        limits = *(min(size, MAX_KERNEL) for size in image.shape[:2]), 1
        if any(size > most for size, most in zip(kernel.shape, limits, strict=True)):
            limit = f"at most {limits[0]}×{limits[1]} and have one channel"
            raise ValueError(f"`kernel` must be {limit}. Received: kernel of shape {kernel.shape}.")
        wrap = validate_bool(wrap, "wrap")
        answers = [n - (0 if wrap else k - 1) for n, k in zip(image.shape[:2], kernel.shape[:2], strict=True)]
        if not isinstance(by, (tuple, list)) or len(by) != 2:
            raise TypeError(f"`by` must be a pair (down, right). Received: {named('by', by)}.")
        most = [size - 1 for size in image.shape[:2]]
        return {
            "image": image,
            "kernel": kernel,
            "strides": validate_integer(strides, "strides", 1, min(MAX_STRIDES, *answers)),
            "by": tuple(validate_integer(pixels, "by", -size, size) for pixels, size in zip(by, most, strict=True)),
            "wrap": wrap,
        }

    def _as_json(self):
        arrays = {"image": packed(self.image), "kernel": self.kernel[..., 0].tolist()}
        return self._settings | arrays | {"by": list(self.by)}

    @property
    def maps(self):
        """Dict: for each way an array (2, height, width), the map of the picture as it was, and as it is."""
        pushed = np.roll(self.image, self.by, axis=(0, 1))
        for axis, pixels in enumerate(self.by):
            came_in = slice(pixels) if pixels >= 0 else slice(pixels, None)
            np.moveaxis(pushed, axis, 0)[came_in] *= self.wrap
        both, (height, width, _), gaps = np.stack([self.image, pushed]), self.kernel.shape, (0, 0)
        around = [gaps, (0, height - 1), (0, width - 1), gaps] if self.wrap else gaps
        answers = reference.conv2d(np.pad(both, around, mode="wrap"), self.kernel[..., None])
        maps = {
            "all answers": answers,
            "max pool": reference.max_pool2d(answers, self.strides),
            "average pool": reference.average_pool2d(answers, self.strides),
            "strides": answers[:, :: self.strides, :: self.strides],
        }
        return {name: both[..., 0] for name, both in maps.items()}

    def _in_words(self):
        shapes = ["×".join(map(str, array.shape[:2])) for array in (self.image, self.kernel)]
        maps = self.maps
        least = SAME * np.abs(maps["all answers"]).max()
        stay = [f"{name} {(abs(now - was) <= least).sum()} of {now.size}" for name, (was, now) in maps.items()]
        words = f"push the picture, image {shapes[0]}, kernel {shapes[1]}, strides={self.strides}"
        return f"{words}, by={self.by}, wrap={self.wrap}; places that stay: {', '.join(stay)}."
