//! The models of whisper.cpp's own page.

/// Where they are fetched from unless the configuration names a mirror; the file name is added.
pub const DEFAULT_MIRROR: &str = "https://huggingface.co/ggerganov/whisper.cpp/resolve/main";

/// A model that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// As people type it; the file is `ggml-NAME.bin`.
    pub name: &'static str,
    /// The size of its file.
    pub bytes: u64,
    /// The SHA-256 of its file.
    pub sha256: &'static str,
}

impl Known {
    /// Its file's name.
    pub fn file(&self) -> String {
        format!("ggml-{}.bin", self.name)
    }

    /// Whether it knows English only.
    pub fn english_only(&self) -> bool {
        self.name
            .split('-')
            .next()
            .and_then(|shape| shape.split_once('.'))
            .is_some_and(|(_, language)| language == "en")
    }

    /// `en` or `multilingual`.
    pub fn languages(&self) -> &'static str {
        if self.english_only() { "en" } else { "multilingual" }
    }
}

/// All that are known, smallest shape first.
pub fn known() -> &'static [Known] {
    KNOWN
}

/// The one of this name.
pub fn known_by_name(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// The one whose file is called so.
pub fn known_by_file(file: &str) -> Option<&'static Known> {
    known_by_name(file.strip_prefix("ggml-")?.strip_suffix(".bin")?)
}

const fn model(name: &'static str, bytes: u64, sha256: &'static str) -> Known {
    Known { name, bytes, sha256 }
}

/// Sizes and sums as published for revision 5359861c of ggerganov/whisper.cpp; each was found alike in at least two
/// independent programs that pin them.
static KNOWN: &[Known] = &[
    model("tiny.en", 77_704_715, "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f"),
    model("tiny", 77_691_713, "be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21"),
    model("tiny.en-q5_1", 32_166_155, "c77c5766f1cef09b6b7d47f21b546cbddd4157886b3b5d6d4f709e91e66c7c2b"),
    model("tiny-q5_1", 32_152_673, "818710568da3ca15689e31a743197b520007872ff9576237bda97bd1b469c3d7"),
    model("tiny-q8_0", 43_537_433, "c2085835d3f50733e2ff6e4b41ae8a2b8d8110461e18821b09a15c40c42d1cca"),
    model("base.en", 147_964_211, "a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002"),
    model("base", 147_951_465, "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe"),
    model("base.en-q5_1", 59_721_011, "4baf70dd0d7c4247ba2b81fafd9c01005ac77c2f9ef064e00dcf195d0e2fdd2f"),
    model("base-q5_1", 59_707_625, "422f1ae452ade6f30a004d7e5c6a43195e4433bc370bf23fac9cc591f01a8898"),
    model("base-q8_0", 81_768_585, "c577b9a86e7e048a0b7eada054f4dd79a56bbfa911fbdacf900ac5b567cbb7d9"),
    model("small.en", 487_614_201, "c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d"),
    model("small", 487_601_967, "1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b"),
    model("small.en-q5_1", 190_098_681, "bfdff4894dcb76bbf647d56263ea2a96645423f1669176f4844a1bf8e478ad30"),
    model("small-q5_1", 190_085_487, "ae85e4a935d7a567bd102fe55afc16bb595bdb618e11b2fc7591bc08120411bb"),
    model("small-q8_0", 264_464_607, "49c8fb02b65e6049d5fa6c04f81f53b867b5ec9540406812c643f177317f779f"),
    model("medium.en", 1_533_774_781, "cc37e93478338ec7700281a7ac30a10128929eb8f427dda2e865faa8f6da4356"),
    model("medium", 1_533_763_059, "6c14d5adee5f86394037b4e4e8b59f1673b6cee10e3cf0b11bbdbee79c156208"),
    model("medium.en-q5_0", 539_225_533, "76733e26ad8fe1c7a5bf7531a9d41917b2adc0f20f2e4f5531688a8c6cd88eb0"),
    model("medium-q5_0", 539_212_467, "19fea4b380c3a618ec4723c3eef2eb785ffba0d0538cf43f8f235e7b3b34220f"),
    model("large-v3", 3_095_033_483, "64d182b440b98d5203c4f9bd541544d84c605196c4f7b845dfa11fb23594d1e2"),
    model("large-v3-q5_0", 1_081_140_203, "d75795ecff3f83b5faa89d1900604ad8c780abd5739fae406de19f23ecd98ad1"),
    model("large-v3-turbo", 1_624_555_275, "1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69"),
    model("large-v3-turbo-q5_0", 574_041_195, "394221709cd5ad1f40c46e6031ca61bce88931e6e088c188294c6d5a55ffa7e2"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_model_is_found_by_name_and_by_file_and_has_a_well_formed_sum() {
        for model in known() {
            assert_eq!(known_by_file(&model.file()), Some(model));
            assert!(model.sha256.len() == 64 && model.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
            assert_eq!(model.english_only(), model.name.contains(".en"), "{}", model.name);
        }
        assert_eq!(known_by_file("base.en"), None);
    }
}
