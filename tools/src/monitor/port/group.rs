//! The group that may open a port: the port's path in, the group's name out.

/// `dialout`, or whatever this system calls it; `None` where there is no such thing.
#[cfg(unix)]
pub(super) fn of(port: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let id = std::fs::metadata(port).ok()?.gid();
    name(&std::fs::read_to_string("/etc/group").ok()?, id)
}

/// No groups of files here.
#[cfg(not(unix))]
pub(super) fn of(_port: &str) -> Option<String> {
    None
}

/// The name of group `id` in the words of `/etc/group`. Root's is nobody's to join.
#[cfg(unix)]
fn name(groups: &str, id: u32) -> Option<String> {
    let line = groups.lines().find(|line| {
        let mut fields = line.split(':').skip(2);
        fields.next().and_then(|field| field.parse().ok()) == Some(id)
    })?;
    line.split(':')
        .next()
        .filter(|_| id != 0)
        .map(str::to_owned)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn the_group_is_named() {
        let groups = "root:x:0:\ndialout:x:20:pi\naudio:x:29:pi,needledrop\n";
        assert_eq!(name(groups, 20).as_deref(), Some("dialout"));
        assert_eq!(name(groups, 0), None);
        assert_eq!(name(groups, 7), None);
    }
}
