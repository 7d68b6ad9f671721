// How does a picture become small enough for the channel? No larger than the service looks at it, in one message.

import { Trouble } from "./server.js";

const LONG_SIDE_PX = 2048;
const SHORT_SIDE_PX = 768;
const LETTERS_MAX = 65_000; // of the data URI: channels were seen to close at messages of more than 65,535 bytes
const QUALITIES = [0.85, 0.7, 0.55, 0.45];
const SHRINK = 0.8;

/** A file as a JPEG in a data URI, turned as it was held, without its EXIF. Raises `Trouble`. */
export async function fitPicture(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) throw new Trouble("That is no picture.", "Choose a PNG, a JPEG, or another picture that this browser can show.");
  try {
    const { width, height } = bitmap;
    const fitting = Math.min(1, LONG_SIDE_PX / Math.max(width, height), SHORT_SIDE_PX / Math.min(width, height));
    for (let scale = fitting; ; scale *= SHRINK) {
      const canvas = drawn(bitmap, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
      for (const quality of QUALITIES) {
        const url = canvas.toDataURL("image/jpeg", quality);
        if (url.length <= LETTERS_MAX) return url;
      }
    }
  } finally {
    bitmap.close();
  }
}

/** On white where it is transparent. */
function drawn(bitmap, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  return canvas;
}
