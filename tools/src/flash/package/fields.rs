//! Control file and changelog, what dpkg reads about a package: files and scripts in, the package out.
use super::{date::Date, deb, release::Release, tree::Tree, tree::gzip};
use anyhow::Result;

/// A finished package.
#[derive(Clone, Debug)]
pub struct Package {
    /// `needledrop_VERSION_ARCHITECTURE.deb`, as Debian names package files.
    pub file_name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// No mail is read there; the field is compulsory.
const MAINTAINER: &str = "The needledrop developers <needledrop@needledrop.invalid>";

/// What a package says about itself.
pub(super) struct Fields<'a> {
    pub(super) name: &'a str,
    pub(super) architecture: &'static str,
    /// `Field: value` lines on other packages.
    pub(super) relations: &'a str,
    /// First line of the description.
    pub(super) synopsis: &'a str,
    /// The rest, in lines that begin with a space.
    pub(super) description: &'static str,
}

/// Adds changelog, control file and checksums to files and maintainer scripts, and packs them all.
pub(super) fn pack(
    fields: &Fields<'_>,
    release: &Release,
    mut control: Tree,
    mut data: Tree,
) -> Result<Package> {
    let Fields {
        name, architecture, ..
    } = fields;
    let version = &release.version;
    data.file(
        format!("usr/share/doc/{name}/changelog.gz"),
        gzip(changelog(name, release).as_bytes())?,
    );
    let text = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {MAINTAINER}\n\
         Installed-Size: {}\n{}Section: sound\nPriority: optional\nDescription: {}\n{}",
        data.installed_kib(),
        fields.relations,
        fields.synopsis,
        fields.description,
    );
    control.file("control", text);
    control.file("md5sums", data.md5sums());
    Ok(Package {
        file_name: format!("{name}_{version}_{architecture}.deb"),
        bytes: deb::encode(&control, &data, release.epoch_s)?,
    })
}

fn changelog(name: &str, release: &Release) -> String {
    let Release {
        version, epoch_s, ..
    } = release;
    let date = Date::of(*epoch_s);
    format!(
        "{name} ({version}) unstable; urgency=medium\n\n  \
         * Made by tools/flash; what changed is in the repository's log.\n\n\
         \x20-- {MAINTAINER}  {date}\n"
    )
}
