//! Tiles on Linux, which lets a process have them when it asks.
//!
//! The intrinsics are [unstable](https://github.com/rust-lang/rust/issues/126622), so the instructions are written out. Each piece holds a whole sum, from
//! zero to memory: between two pieces nothing is kept in tiles but how large they are.

use super::{HIGH, HIGHEST};
use crate::line::Line;
use crate::{Isa, Level, PANEL};
use std::arch::asm;
use std::arch::x86_64::{__cpuid_count, _xgetbv};
use std::marker::PhantomData;
use std::sync::OnceLock;

/// Lines of a step of a panel: 16 times 32 columns of four bytes.
const STEP: usize = 2 * HIGH;

/// The tiles of this thread, of 16 rows of 64 bytes each.
///
/// Their size is a state of the thread's that instructions on tiles fault without, so it is set where a product begins. It is left again at the end: state that is in use is saved
/// whenever the thread is interrupted, 8 KiB each time.
pub(crate) struct Tiles {
    /// Not for other threads.
    here: PhantomData<*const ()>,
}

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

/// All eight as large as they can be.
static WHOLE: Configuration = Configuration {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Defines the sums of 32 rows, or of 16, with a panel by one instruction.
macro_rules! sums {
    ($two:ident, $one:ident, $multiply:literal) => {
        /// The sums of two tiles of rows with a panel, of `steps` steps; `stride` is in bytes.
        ///
        /// # Safety
        /// There are [`Tiles`] in this thread. `left` points to `2 · steps` tiles, `panel` to `steps` pairs of them side by side, `out` to 32 rows of 128 bytes that begin
        /// `stride` apart. `steps` isn't zero.
        unsafe fn $two(left: *const Line, panel: *const Line, steps: usize, out: *mut u8, stride: usize) {
            // SAFETY: what the caller promised. Tiles 0 to 3 hold sums, 4 and 5 rows, 6 and 7 the panel's columns.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    "2:",
                    "tileloadd tmm6, [{panel} + {wide}]",
                    "tileloadd tmm4, [{above} + {line}]",
                    concat!($multiply, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{panel} + {wide} + 64]",
                    concat!($multiply, " tmm1, tmm4, tmm7"),
                    "tileloadd tmm5, [{below} + {line}]",
                    concat!($multiply, " tmm2, tmm5, tmm6"),
                    concat!($multiply, " tmm3, tmm5, tmm7"),
                    "add {panel}, 2048",
                    "add {above}, 1024",
                    "add {below}, 1024",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{out} + {stride}], tmm0",
                    "tilestored [{out} + {stride} + 64], tmm1",
                    "tilestored [{lower} + {stride}], tmm2",
                    "tilestored [{lower} + {stride} + 64], tmm3",
                    panel = inout(reg) panel => _,
                    above = inout(reg) left => _,
                    below = inout(reg) left.add(steps * HIGH) => _,
                    steps = inout(reg) steps => _,
                    out = in(reg) out,
                    lower = in(reg) out.add(HIGH * stride),
                    stride = in(reg) stride,
                    line = in(reg) 64_usize,
                    wide = in(reg) 128_usize,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }

        /// As above, with one tile of rows.
        ///
        /// # Safety
        /// As above, with `steps` tiles and 16 rows.
        unsafe fn $one(left: *const Line, panel: *const Line, steps: usize, out: *mut u8, stride: usize) {
            // SAFETY: what the caller promised.
            unsafe {
                asm!(
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "2:",
                    "tileloadd tmm4, [{left} + {line}]",
                    "tileloadd tmm6, [{panel} + {wide}]",
                    concat!($multiply, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{panel} + {wide} + 64]",
                    concat!($multiply, " tmm1, tmm4, tmm7"),
                    "add {panel}, 2048",
                    "add {left}, 1024",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{out} + {stride}], tmm0",
                    "tilestored [{out} + {stride} + 64], tmm1",
                    panel = inout(reg) panel => _,
                    left = inout(reg) left => _,
                    steps = inout(reg) steps => _,
                    out = in(reg) out,
                    stride = in(reg) stride,
                    line = in(reg) 64_usize,
                    wide = in(reg) 128_usize,
                    out("tmm0") _, out("tmm1") _, out("tmm4") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

sums!(two_of_bytes, one_of_bytes, "tdpbsud");
sums!(two_of_bfloats, one_of_bfloats, "tdpbf16ps");

impl Tiles {
    /// The tiles of this thread, on the level that has them.
    pub(crate) fn of(isa: Isa) -> Option<Self> {
        // SAFETY: the level is there, for there is an `Isa` of it.
        (isa.level() == Level::Amx).then(|| unsafe { Self::configured() })
    }

    /// # Safety
    /// The processor has tiles, and the system lets this process use them.
    unsafe fn configured() -> Self {
        // SAFETY: what the caller promised; the configuration is 64 bytes.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const WHOLE, options(nostack, readonly)) };
        Self { here: PhantomData }
    }

    /// The sums of one or two tiles of rows, signed bytes, with each of the panel's columns, unsigned ones.
    ///
    /// # Panics
    /// Where they don't fit together.
    #[expect(clippy::unused_self, reason = "the proof that the tiles of this thread have their size")]
    pub(crate) fn bytes(&self, left: &[Line], panel: &[Line], out: &mut [[i32; PANEL]]) {
        let steps = panel.len() / STEP;
        assert!(matches!(out.len(), HIGH | HIGHEST) && left.len() == steps * out.len(), "whole tiles");
        if steps == 0 {
            return out.fill([0; PANEL]);
        }
        let place = out.as_mut_ptr().cast();
        // SAFETY: the tiles are this thread's; there are as many lines as rows of each step and 16 pairs of them for each step of the panel, by the assertion, and as many
        // rows of 32 numbers.
        unsafe {
            let sums = if out.len() == HIGH { one_of_bytes } else { two_of_bytes };
            sums(left.as_ptr(), panel.as_ptr(), steps, place, 4 * PANEL);
        }
    }

    /// The sums of one or two tiles of rows with each of the panel's columns, both in bf16, into rows that begin `stride` apart.
    ///
    /// # Panics
    /// Where they don't fit together.
    #[expect(clippy::unused_self, reason = "the proof that the tiles of this thread have their size")]
    pub(crate) fn bfloats(&self, left: &[Line], panel: &[Line], out: &mut [f32], stride: usize) {
        let steps = panel.len() / STEP;
        let rows = left.len().checked_div(steps).unwrap_or(0);
        let fits =
            left.len() == steps * rows && stride >= PANEL && out.len() >= rows.saturating_sub(1) * stride + PANEL;
        assert!(matches!(rows, HIGH | HIGHEST) && fits, "whole tiles");
        let place = out.as_mut_ptr().cast();
        // SAFETY: as above; the rows end within `out` by the assertion.
        unsafe {
            let sums = if rows == HIGH { one_of_bfloats } else { two_of_bfloats };
            sums(left.as_ptr(), panel.as_ptr(), steps, place, 4 * stride);
        }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: there are tiles, or there would be no `Tiles`.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }
}

/// Whether the processor has tiles of bytes and bf16, the system lets this process use them, and products by them are right; found out once.
pub(crate) fn are_there() -> bool {
    static ARE_THERE: OnceLock<bool> = OnceLock::new();
    // SAFETY: what is asked for first.
    *ARE_THERE.get_or_init(|| processor_has_them() && system_permits() && unsafe { products_are_right() })
}

fn processor_has_them() -> bool {
    /// AMX-BF16, AMX-TILE and AMX-INT8, in EDX of leaf 7.
    const FEATURES: u32 = 1 << 22 | 1 << 24 | 1 << 25;
    /// The states that the system keeps: tiles and their configuration.
    const STATES: u64 = 1 << 17 | 1 << 18;
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("xsave")
        && __cpuid_count(0, 0).eax >= 7
        && __cpuid_count(7, 0).edx & FEATURES == FEATURES
        // SAFETY: the instruction belongs to XSAVE, which is there.
        && unsafe { _xgetbv(0) } & STATES == STATES
}

/// Asks the system for tiles, which it keeps from processes that don't: they make a thread's saved state larger than old programs made room for. Threads and
/// what a process forks have them too, then.
fn system_permits() -> bool {
    /// From the kernel's `asm/prctl.h`.
    const ARCH_GET_XCOMP_PERM: libc::c_long = 0x1022;
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const TILE_DATA: libc::c_long = 18;
    let mut states = 0_u64;
    // SAFETY: the calls change nothing of this process's but what it may use; the second writes 64 bits into `states`.
    unsafe {
        libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0
            && libc::syscall(libc::SYS_arch_prctl, ARCH_GET_XCOMP_PERM, &raw mut states) == 0
            && states >> TILE_DATA & 1 == 1
    }
}

/// Whether products of each kind give the sums of plain loops. Virtual machines were seen that say they have tiles and whose programs die of them.
///
/// # Safety
/// The processor has tiles, and the system permits them.
unsafe fn products_are_right() -> bool {
    const STEPS: usize = 3;
    // SAFETY: what the caller promised.
    let tiles = unsafe { Tiles::configured() };
    let mut state = 1_u32;
    let mut bytes = |lines: usize| {
        let mut lines = vec![Line::of(0); lines];
        for byte in Line::bytes_mut(&mut lines) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = state.to_be_bytes()[0];
        }
        lines
    };
    let (left, panel) = (bytes(STEPS * HIGHEST), bytes(STEPS * STEP));
    // The byte of a row and a column in the layouts of left side and panel.
    let place = |row: usize, at: usize| ((row / HIGH * STEPS + at / 64) * HIGH + row % HIGH) * 64 + at % 64;
    let in_panel = |at: usize, column: usize| at / 4 * 4 * PANEL + column * 4 + at % 4;
    let (left_bytes, panel_bytes) = (Line::bytes(&left), Line::bytes(&panel));
    let byte = |row, at, column| {
        let pair = left_bytes.get(place(row, at)).zip(panel_bytes.get(in_panel(at, column)));
        pair.map_or(0, |(a, b)| i32::from(a.cast_signed()) * i32::from(*b))
    };
    let mut sums = [[0; PANEL]; HIGHEST];
    let is_right = |sums: &[[i32; PANEL]]| {
        let all = sums.iter().enumerate().flat_map(|(row, sums)| sums.iter().enumerate().map(move |sum| (row, sum)));
        all.into_iter().all(|(row, (column, sum))| *sum == (0..STEPS * 64).map(|at| byte(row, at, column)).sum::<i32>())
    };
    let (one, _) = sums.split_at_mut(HIGH);
    tiles.bytes(left.get(..STEPS * HIGH).unwrap_or_default(), &panel, one);
    let mut right = is_right(one);
    tiles.bytes(&left, &panel, &mut sums);
    right &= is_right(&sums);

    // The same with small whole numbers, whose sums are exact in bf16 and f32.
    let small = |lines: &[Line]| {
        let mut halves = lines.to_vec();
        for half in halves.iter_mut().flat_map(Line::halves_mut) {
            *half = (f32::from(half.to_ne_bytes()[0].cast_signed() >> 4).to_bits() >> 16) as u16;
        }
        halves
    };
    let (left, panel) = (small(&left), small(&panel));
    let number = |bytes: &[u8], at: usize| {
        let half = bytes.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u16::from_ne_bytes);
        f32::from_bits(u32::from(half) << 16)
    };
    let product = |row, at, column| {
        number(Line::bytes(&left), place(row, 2 * at)) * number(Line::bytes(&panel), in_panel(2 * at, column))
    };
    let mut sums = [0.0; HIGHEST * PANEL];
    let is_right = |sums: &[f32]| {
        let sum = |row, column| (0..STEPS * 32).map(|at| product(row, at, column)).sum::<f32>();
        sums.iter().enumerate().all(|(at, got)| got.to_bits() == sum(at / PANEL, at % PANEL).to_bits())
    };
    let (one, _) = sums.split_at_mut(HIGH * PANEL);
    tiles.bfloats(left.get(..STEPS * HIGH).unwrap_or_default(), &panel, one, PANEL);
    right &= is_right(one);
    tiles.bfloats(&left, &panel, &mut sums, PANEL);
    right && is_right(&sums)
}
