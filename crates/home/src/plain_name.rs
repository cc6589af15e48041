/// Whether a text is a file's name and nothing more: it leads to no other folder, and nothing hides behind it. For names that come from elsewhere.
pub fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert!(["a", "ggml-base.en.bin", "a b"].into_iter().all(is_plain_name));
        assert!(!["", ".", "..", ".a", "a/b", "/a", "a\\b", "a\0"].into_iter().any(is_plain_name));
    }
}
