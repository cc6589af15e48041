//! Where the sound server listens and what proves that one may talk to it.

use std::ffi::OsString;
use std::path::PathBuf;

/// The length of a cookie.
const COOKIE_BYTES: usize = 256;

/// The sockets to try, in order, as libpulse would: every `unix:` entry of `PULSE_SERVER`, else the runtime folders.
pub(super) fn sockets(env: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    if let Some(server) = env("PULSE_SERVER").and_then(|server| server.into_string().ok()) {
        return server.split_whitespace().filter_map(socket_of_entry).collect();
    }
    let mut sockets = Vec::new();
    if let Some(folder) = env("PULSE_RUNTIME_PATH") {
        sockets.push(PathBuf::from(&folder).join("native"));
        sockets.push(PathBuf::from(&folder).join("pulse/native"));
    }
    if let Some(folder) = env("XDG_RUNTIME_DIR") {
        sockets.push(PathBuf::from(folder).join("pulse/native"));
    }
    sockets
}

/// `unix:/path`, `/path`, or either behind a machine's id in braces; servers on the network are not for us.
fn socket_of_entry(entry: &str) -> Option<PathBuf> {
    let address = match entry.strip_prefix('{') {
        Some(rest) => rest.split_once('}')?.1,
        None => entry,
    };
    let path = PathBuf::from(address.strip_prefix("unix:").unwrap_or(address));
    path.is_absolute().then_some(path)
}

/// The cookie, from the files that libpulse reads. Without one, zeros: PipeWire refuses an empty cookie and takes any
/// of the right length, and PulseAudio knows its own user by the socket.
pub(super) fn cookie(env: impl Fn(&str) -> Option<OsString>) -> Vec<u8> {
    let mut files = Vec::new();
    files.extend(env("PULSE_COOKIE").map(PathBuf::from));
    if let Some(config) = env("XDG_CONFIG_HOME") {
        files.push(PathBuf::from(config).join("pulse/cookie"));
    }
    if let Some(home) = env("HOME") {
        files.push(PathBuf::from(&home).join(".config/pulse/cookie"));
        files.push(PathBuf::from(&home).join(".pulse-cookie"));
    }
    let read = files.iter().filter_map(|path| std::fs::read(path).ok());
    read.into_iter().find(|cookie| cookie.len() == COOKIE_BYTES).unwrap_or_else(|| vec![0; COOKIE_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &'static [(&str, &str)]) -> Vec<PathBuf> {
        sockets(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_server_is_found_where_libpulse_would_find_it() {
        assert_eq!(of(&[("PULSE_SERVER", "unix:/a/b"), ("XDG_RUNTIME_DIR", "/run")]), [PathBuf::from("/a/b")]);
        assert_eq!(of(&[("PULSE_SERVER", "/a/b")]), [PathBuf::from("/a/b")]);
        assert_eq!(
            of(&[("PULSE_SERVER", "{4d}unix:/x tcp:host:4713 unix:/y")]),
            [PathBuf::from("/x"), PathBuf::from("/y")]
        );
        assert_eq!(of(&[("XDG_RUNTIME_DIR", "/run/user/1")]), [PathBuf::from("/run/user/1/pulse/native")]);
        assert_eq!(of(&[("PULSE_RUNTIME_PATH", "/p")])[0], PathBuf::from("/p/native"));
        assert_eq!(of(&[("PULSE_SERVER", "tcp:host:4713")]), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_missing_cookie_is_replaced_by_one_of_the_right_length() {
        assert_eq!(cookie(|_| None), vec![0; 256]);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cookie");
        std::io::Write::write_all(&mut home::files::create_new(&path).unwrap(), &[7; 256]).unwrap();
        assert_eq!(cookie(|name| (name == "PULSE_COOKIE").then(|| path.clone().into())), vec![7; 256]);
    }
}
