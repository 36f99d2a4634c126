//! The tables of ITU-T G.711, computed when the crate is compiled.

/// Added before a µ-law sample is compressed, so that segments start at powers of two.
const BIAS: i32 = 0x84;
/// The loudest µ-law sample before the bias is added.
const CLIP: i32 = 32_635;

/// µ-law byte to 16-bit linear.
pub(super) static PCMU_DECODE: [i16; 256] = pcmu_table();
/// A-law byte to 16-bit linear.
pub(super) static PCMA_DECODE: [i16; 256] = pcma_table();

/// The segment of a magnitude: the place of its highest bit above bit 7, 0 to 7.
static SEGMENT: [u8; 256] = segments();

const fn pcmu_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let inverted = !(code as u8);
        let mantissa = (inverted & 0x0f) as i32;
        let segment = ((inverted >> 4) & 0x07) as i32;
        let magnitude = (((mantissa << 3) + BIAS) << segment) - BIAS;
        table[code] = if inverted & 0x80 != 0 { -magnitude as i16 } else { magnitude as i16 };
        code += 1;
    }
    table
}

const fn pcma_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let even = (code as u8) ^ 0x55;
        let mantissa = (even & 0x0f) as i32;
        let segment = ((even >> 4) & 0x07) as i32;
        let magnitude = match segment {
            0 => (mantissa << 4) + 8,
            _ => ((mantissa << 4) + 0x108) << (segment - 1),
        };
        table[code] = if even & 0x80 != 0 { magnitude as i16 } else { -magnitude as i16 };
        code += 1;
    }
    table
}

const fn segments() -> [u8; 256] {
    let mut table = [0; 256];
    let mut high = 1;
    while high < 256 {
        table[high] = (high as u32).ilog2() as u8;
        high += 1;
    }
    table
}

#[inline]
pub(super) fn pcmu_encode(sample: i16) -> u8 {
    let (sign, magnitude) = match i32::from(sample) {
        negative @ ..0 => (0x80, -negative),
        positive => (0, positive),
    };
    let biased = magnitude.min(CLIP) + BIAS;
    // At most 32767, so the index is below 256.
    let segment = SEGMENT[(biased >> 7) as usize & 0xff];
    let mantissa = (biased >> (segment + 3)) as u8 & 0x0f;
    !(sign | (segment << 4) | mantissa)
}

#[inline]
pub(super) fn pcma_encode(sample: i16) -> u8 {
    // A negative sample is its one's complement: A-law has no code for zero.
    let (mask, magnitude) = match sample {
        negative @ ..0 => (0x55, !negative),
        positive => (0xd5, positive),
    };
    let segment = SEGMENT[(magnitude >> 7) as usize & 0xff];
    let mantissa = (magnitude >> (segment.max(1) + 3)) as u8 & 0x0f;
    ((segment << 4) | mantissa) ^ mask
}
