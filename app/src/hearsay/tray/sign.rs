//! The pictures of the icon: a disc records, bars pause, a ring does nothing, a disc with an exclamation mark is in trouble. Shape and colour
//! both tell, for whoever doesn't see one of them.

use ksni::Icon;

/// Pixels of each edge; the panel makes it smaller.
const EDGE: i32 = 64;
/// Points of each edge of a pixel that are looked at.
const FINE: i32 = 4;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Recording,
    Paused,
    Stopped,
    Troubled,
}

impl Sign {
    /// Red, green and blue: light enough for a dark panel, dark enough for a light one.
    const fn colour(self) -> [u8; 3] {
        match self {
            Self::Recording => [0xE0, 0x4F, 0x45],
            Self::Paused | Self::Troubled => [0xE0, 0x95, 0x2B],
            Self::Stopped => [0x8A, 0x92, 0x9C],
        }
    }

    /// Whether a point is of the sign; it lies between -1 and 1 in either direction, downwards.
    fn covers(self, x: f32, y: f32) -> bool {
        let radius = x.hypot(y);
        match self {
            Self::Recording => radius < 0.8,
            Self::Paused => (0.2..0.62).contains(&x.abs()) && y.abs() < 0.75,
            Self::Stopped => (0.58..0.8).contains(&radius),
            Self::Troubled => {
                let mark = x.abs() < 0.12 && ((-0.55..0.15).contains(&y) || (0.32..0.55).contains(&y));
                radius < 0.85 && !mark
            }
        }
    }

    /// As the panel wants it: alpha, red, green and blue of each pixel.
    pub(super) fn picture(self) -> Icon {
        let [red, green, blue] = self.colour();
        let pixels = (0..EDGE * EDGE).map(|pixel| (pixel % EDGE, pixel / EDGE));
        let data = pixels.flat_map(|(x, y)| [self.alpha(x, y), red, green, blue]).collect();
        Icon { width: EDGE, height: EDGE, data }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 256"
    )]
    fn alpha(self, x: i32, y: i32) -> u8 {
        let at = |pixel: i32, fine: i32| {
            let points = (EDGE * FINE) as f32;
            ((pixel * FINE + fine) as f32 + 0.5) / points * 2.0 - 1.0
        };
        let points = (0..FINE * FINE).filter(|point| self.covers(at(x, point % FINE), at(y, point / FINE)));
        (points.count() as f32 / (FINE * FINE) as f32 * 255.0) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_differ_in_shape_and_leave_the_corners_free() {
        let signs = [Sign::Recording, Sign::Paused, Sign::Stopped, Sign::Troubled];
        let shapes = signs.map(|sign| {
            let picture = sign.picture();
            assert_eq!(picture.data.len(), usize::try_from(EDGE * EDGE * 4).unwrap());
            picture.data.chunks_exact(4).map(|pixel| pixel[0]).collect::<Vec<_>>()
        });
        for (i, shape) in shapes.iter().enumerate() {
            assert_eq!(shape[0], 0, "a corner");
            assert!(shape.contains(&255), "{:?} is empty", signs[i]);
            assert!(shapes.iter().skip(i + 1).all(|other| other != shape));
        }
    }
}
