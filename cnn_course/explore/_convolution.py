"""Drag the window: pixels, kernel, products, sum, output."""

import numpy as np

from cnn_course import kernels
from cnn_course._validate import named, validate_bool, validate_integer
from cnn_course.explore._base import Explorer, finite, packed, unpacked

__all__ = ["convolution"]

MAX_KERNEL, MAX_PIXELS = 11, 600 * 600  # a side of the kernel; pixels of an image


class convolution(Explorer):
    """A window to drag over an image: its pixels, the kernel, their products, the sum, and the whole output.

    Args:
        image: array (height, width) or (height, width, channels) with 1 to 3 channels, at most 360,000 pixels. Up to
            12 pixels a side it is shown as numbers, otherwise as a photograph.
        kernel: array (kernel_height, kernel_width) for every channel, or (kernel_height, kernel_width, channels), at
            most 11 on a side and as large as the image.
        flip: bool, whether the kernel is flipped on both axes first, as in mathematics.
        position: pair (row, column) of the window, counted in the output.

    Raises:
        TypeError: an array does not hold real numbers, or `flip` or `position` is of another kind.
        ValueError: an array has other axes, is too large or not finite, or the window lies outside of the image.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equations 9.5 and 9.6.

    >>> convolution(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2))
    Explorer: drag the window, image 3×3×1, kernel 2×2×1, flip=False, position=(0, 0): 19.
    """

    title = "Drag the window"
    constants = {"kernels": {name: getattr(kernels, name).tolist() for name in kernels.__all__}}  # noqa: RUF012

    def __init__(self, image, kernel, flip=False, position=(0, 0)):
        super().__init__(image=image, kernel=kernel, flip=flip, position=position)

    def _checked(self, image, kernel, flip, position):
        image = finite(unpacked(image), "image")
        if image.shape[-1] > 3 or image.shape[0] * image.shape[1] > MAX_PIXELS:
            limit = f"at most 3 channels and {MAX_PIXELS:,} pixels"
            raise ValueError(f"`image` must have {limit}. Received: image of shape {image.shape}.")
        kernel = finite(kernel, "kernel")
        if kernel.shape[-1] == 1:
            kernel = np.repeat(kernel, image.shape[-1], axis=-1)
        limits = *(min(size, MAX_KERNEL) for size in image.shape[:2]), image.shape[-1]
        if kernel.shape[-1] != limits[-1] or any(size > most for size, most in zip(kernel.shape, limits, strict=True)):
            limit = f"at most {limits[0]}×{limits[1]} and have 1 or {limits[2]} channels"
            raise ValueError(f"`kernel` must be {limit}. Received: kernel of shape {kernel.shape}.")
        if not isinstance(position, (tuple, list)) or len(position) != 2:
            raise TypeError(f"`position` must be a pair (row, column). Received: {named('position', position)}.")
        last = [size - extent for size, extent in zip(image.shape[:2], kernel.shape[:2], strict=True)]
        position = tuple(validate_integer(at, "position", 0, most) for at, most in zip(position, last, strict=True))
        return {"image": image, "kernel": kernel, "flip": validate_bool(flip, "flip"), "position": position}

    def _set(self, **changes):
        """A window that hangs over the edge after the kernel or the image has changed moves back to the first place."""
        if changes.keys() & {"image", "kernel"} and "position" not in changes:
            try:
                return super()._set(**changes)
            except ValueError as error:
                if "`position`" not in str(error):
                    raise
                changes["position"] = (0, 0)
        return super()._set(**changes)

    def _as_json(self):
        settings = {"image": packed(self.image), "kernel": self.kernel.tolist()}
        return self._settings | settings | {"position": list(self.position)}

    def _in_words(self):
        (row, column), kernel = self.position, self.kernel[::-1, ::-1] if self.flip else self.kernel
        height, width, _ = kernel.shape
        total = float((self.image[row : row + height, column : column + width] * kernel).sum())
        shapes = ["×".join(map(str, array.shape)) for array in (self.image, self.kernel)]
        words = f"drag the window, image {shapes[0]}, kernel {shapes[1]}, flip={self.flip}, position={self.position}"
        return f"{words}: {round(total, 4) + 0:g}."
