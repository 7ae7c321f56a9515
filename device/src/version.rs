//! Which program this is, in words for records and people. The version and the commit come from build.rs.
use needledrop_frontend::FrontendConfig;

/// Version with the git commit that it was built from, `0.1.0+0123456789ab`, with `-dirty` behind it when the sources
/// were changed since; the version alone when it was built outside git.
pub const VERSION: &str = env!("NEEDLEDROP_VERSION");

/// The program with its [`VERSION`], as `begin` records and `--version` call it.
pub const FIRMWARE: &str = concat!("needledrop-device ", env!("NEEDLEDROP_VERSION"));

/// The frontends that models may be made for, each with its identity.
pub fn frontends() -> impl Iterator<Item = (&'static str, String)> {
    FrontendConfig::PRESETS.iter().map(|&(name, config)| {
        let id = config.id();
        (
            name,
            id.map_or_else(|error| error.to_string(), |id| id.to_string()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{FIRMWARE, VERSION};
    use needledrop_protocol::Text;

    #[test]
    fn the_version_says_the_commit_and_fits_into_a_record() {
        let commit = VERSION.strip_prefix(env!("CARGO_PKG_VERSION")).unwrap();
        let hex = commit.trim_start_matches('+').trim_end_matches("-dirty");
        assert!(commit.is_empty() || hex.len() == 12, "{VERSION}");
        assert!(
            hex.chars().all(|digit| digit.is_ascii_hexdigit()),
            "{VERSION}"
        );
        assert_eq!(Text::shortened(FIRMWARE).as_str(), FIRMWARE);
    }
}
