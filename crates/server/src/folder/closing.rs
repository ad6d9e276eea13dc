//! Who else may open what is in the data folder: nobody.
//!
//! In it are the keys that sign tokens: an account of this machine that reads them is whoever it likes to be. What we make is
//! made with the right mode; what is older, or was copied there, is closed when the server or a command beside it comes. The
//! group is an other too. Where other things lie beside ours, somebody uses a folder of theirs as the data folder: then ours alone
//! is closed, and the folder stays as open as they have it. A folder on which we may not do that (a volume of somebody else's) is said in the log and served all
//! the same: who runs the machine has decided so.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The permissions of the group and of everybody.
const OTHERS: u32 = 0o077;

/// What the names of our files and folders in the data folder begin with: the register, with its logs and its copies; the lock;
/// certificates; what was said in calls.
const OURS: [&str; 7] = [
    "sederunt",
    super::FILE,
    "tls",
    "takes",
    "recordings",
    "meeting-takes",
    "meetings",
];

/// Closes the folder, and what is in it, to everybody but its owner. A folder that is not there is closed.
pub fn close_to_others(folder: &Path) {
    let mut closed = 0_u32;
    let mut refused = None;
    let walked = visit_open(folder, &mut |path, found| {
        let mode = found.mode() & !OTHERS;
        match fs::set_permissions(path, Permissions::from_mode(mode)) {
            Ok(()) => closed += 1,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => refused = refused.take().or(Some((path.to_owned(), error))),
        }
    });
    let refused = refused.or(walked.err().map(|error| (folder.to_owned(), error)));
    let folder = folder.display();
    if closed > 0 {
        tracing::warn!(
            %folder,
            closed,
            "other accounts of this machine could open what is in the data folder; it is closed now"
        );
    }
    if let Some((path, error)) = refused {
        tracing::warn!(
            path = %path.display(),
            %error,
            "the data folder cannot be closed to other accounts of this machine"
        );
    }
}

/// How many of the folder and all that is in it others may open.
pub(crate) fn open_to_others(folder: &Path) -> io::Result<u32> {
    let mut open = 0;
    visit_open(folder, &mut |_, _| open += 1)?;
    Ok(open)
}

/// Visits what others may open: a folder before what is in it, so that nobody exchanges what is about to be closed. Links are
/// not followed, since they may lead anywhere; only the data folder itself may be one.
fn visit_open(folder: &Path, visit: &mut impl FnMut(&Path, &Permissions)) -> io::Result<()> {
    let entries = fs::canonicalize(folder).and_then(|folder| {
        let entries = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path()));
        Ok((entries.collect::<io::Result<Vec<PathBuf>>>()?, folder))
    });
    let (entries, folder) = match entries {
        Ok(found) => found,
        Err(error) => return unless_gone(error),
    };
    let (ours, theirs): (Vec<PathBuf>, Vec<PathBuf>) = entries.into_iter().partition(|path| is_ours(path));
    if theirs.is_empty() {
        return visit_below(&folder, visit);
    }
    ours.iter().try_for_each(|path| visit_below(path, visit))
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    OURS.iter().any(|ours| name.starts_with(ours))
}

fn visit_below(path: &Path, visit: &mut impl FnMut(&Path, &Permissions)) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => return Ok(()),
        Ok(found) => found,
        Err(error) => return unless_gone(error),
    };
    if found.permissions().mode() & OTHERS != 0 {
        visit(path, &found.permissions());
    }
    if !found.is_dir() {
        return Ok(());
    }
    match fs::read_dir(path) {
        Ok(mut entries) => entries.try_for_each(|entry| visit_below(&entry?.path(), visit)),
        Err(error) => unless_gone(error),
    }
}

/// The server's own files come and go, and a folder that we may not read is closed enough.
fn unless_gone(error: io::Error) -> io::Result<()> {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::PermissionDenied => Ok(()),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn everything_is_closed_but_what_links_lead_to() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let (data, elsewhere) = (parent.path().join("data"), parent.path().join("elsewhere"));
        let (deep, file) = (data.join("tls/acme"), data.join("tls/acme/account"));
        let [takes, recordings] = ["takes", "recordings"].map(|name| data.join(name));
        let (take, recording) = (takes.join("a.take"), recordings.join("a.wav"));
        for folder in [&deep, &takes, &recordings] {
            fs::create_dir_all(folder).expect("makeable");
        }
        for path in [&file, &take, &recording, &elsewhere] {
            fs::write(path, "").expect("writable");
            fs::set_permissions(path, Permissions::from_mode(0o644)).expect("ours");
        }
        for path in [&data, &data.join("tls"), &deep, &takes, &recordings] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).expect("ours");
        }
        symlink(&elsewhere, data.join("sederunt.link")).expect("makeable");
        let linked = parent.path().join("linked");
        symlink(&data, &linked).expect("makeable");

        assert_eq!(open_to_others(&linked).expect("readable"), 8);
        close_to_others(&linked);
        assert_eq!(open_to_others(&linked).expect("readable"), 0);
        assert_eq!([&data, &deep, &takes].map(|path| mode(path)), [0o700; 3]);
        assert_eq!([&file, &take, &recording].map(|path| mode(path)), [0o600; 3]);
        assert_eq!(mode(&elsewhere), 0o644);
    }

    /// `--data /tmp` must not take the folder from everybody else.
    #[test]
    fn what_is_not_ours_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [ours, theirs] = ["sederunt.db", "notes.txt"].map(|name| folder.path().join(name));
        for (path, wide) in [(&ours, 0o644), (&theirs, 0o644)] {
            fs::write(path, "").expect("writable");
            fs::set_permissions(path, Permissions::from_mode(wide)).expect("ours");
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("ours");
        close_to_others(folder.path());
        let modes = [folder.path(), &ours, &theirs].map(mode);
        assert_eq!(modes, [0o755, 0o600, 0o644]);
    }

    #[test]
    fn what_is_not_there_is_closed() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let gone = parent.path().join("gone");
        close_to_others(&gone);
        assert_eq!(open_to_others(&gone).expect("nothing to look at"), 0);
    }
}
