use std::error::Error;

/// An error and its causes in one line, the way every executable says it. Causes that an error already tells of
/// aren't told again.
pub fn one_line(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !line.contains(&told) {
            line.push_str(": ");
            line.push_str(&told);
        }
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HomeError;
    use std::io;

    #[test]
    fn a_cause_is_told_once() {
        let source = io::Error::other("disk on fire");
        let create = HomeError::Create { path: "/x".into(), source };
        assert_eq!(one_line(&create), "cannot create the folder \"/x\": disk on fire");
        let outer = io::Error::other(create);
        assert_eq!(one_line(&outer), "cannot create the folder \"/x\": disk on fire");
    }
}
