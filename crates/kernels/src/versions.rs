//! One body, compiled for each level.

/// Calls `body::<FMA>(arguments)`, an `#[inline(always)]` function, compiled for the level of an [`Isa`](crate::Isa).
///
/// The constant says whether `f32::mul_add` is an instruction there: where it is not, it would be a slow call into a library.
macro_rules! versions {
    ($isa:expr, $body:ident($($name:ident: $kind:ty),* $(,)?) $(-> $result:ty)?) => {{
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
            fn avx512($($name: $kind),*) $(-> $result)? {
                $body::<true>($($name),*)
            }
            #[target_feature(enable = "avx2,fma,f16c")]
            fn avx2($($name: $kind),*) $(-> $result)? {
                $body::<true>($($name),*)
            }
            match $isa.level() {
                // SAFETY: an `Isa` of these levels exists only where the processor has these features.
                $crate::Level::Avx512 | $crate::Level::Amx => unsafe { avx512($($name),*) },
                // SAFETY: as above.
                $crate::Level::Avx2 | $crate::Level::AvxVnni => unsafe { avx2($($name),*) },
                $crate::Level::Portable | $crate::Level::Neon => $body::<false>($($name),*),
            }
        }
        // Every processor of this kind has NEON with fused sums.
        #[cfg(target_arch = "aarch64")]
        match $isa.level() {
            $crate::Level::Neon => $body::<true>($($name),*),
            _ => $body::<false>($($name),*),
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        {
            let _: $crate::Isa = $isa;
            $body::<false>($($name),*)
        }
    }};
}
