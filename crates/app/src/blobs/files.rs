//! Blobs as files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{digest, is_digest};
use crate::ports::{BlobError, Blobs, Doing};

/// A folder of blobs: `ab/abcdef…`.
#[derive(Debug, Clone)]
pub struct FileBlobs {
    root: PathBuf,
}

impl FileBlobs {
    /// Blobs below a folder, which is made when first needed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn place(&self, digest: &str) -> Result<PathBuf, BlobError> {
        let folder = digest.get(..2).filter(|_| is_digest(digest));
        let folder = folder.ok_or_else(|| BlobError::Missing(digest.to_owned()))?;
        Ok(self.root.join(folder).join(digest))
    }

    /// Also of what a crash left unfinished, which is only ever removed.
    fn place_of_any(&self, name: &str) -> Result<PathBuf, BlobError> {
        let digest = match name.strip_suffix(UNFINISHED) {
            Some(rest) => match rest.split_once('.') {
                Some((digest, own)) if own.bytes().all(|b| b.is_ascii_alphanumeric()) => digest,
                _ => rest,
            },
            None => name,
        };
        Ok(self.place(digest)?.with_file_name(name))
    }
}

/// The ending of a file that is being written, after a name of its own: the same bytes
/// may come twice at one moment, and from two nodes whose processes have one number.
const UNFINISHED: &str = ".part";

fn failed(error: io::Error) -> BlobError {
    BlobError::Failed(error.to_string())
}

/// Runs what waits for the disk where nobody waits for it.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(BlobError::Failed(error.to_string())),
    }
}

/// Writes a file so that after a crash it is there whole or not at all, and
/// its name with it.
///
/// The folders above are synced each time: whether one is new cannot be seen,
/// since another may just have made it, or died before it was synced. Those
/// that did not change cost next to nothing.
fn write_durably(root: &Path, place: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = place.parent().unwrap_or(root);
    fs::create_dir_all(folder)?;
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    // Where anything fails it is removed: a full disk is not to be filled with what
    // nobody will read.
    let mut unfinished = tempfile::Builder::new()
        .prefix(&format!("{name}."))
        .suffix(UNFINISHED)
        .make_in(folder, |path| File::create_new(path))?;
    unfinished.write_all(bytes)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(place).map_err(|error| error.error)?;
    for folder in [Some(folder), Some(root), root.parent()] {
        File::open(
            folder
                .filter(|folder| *folder != Path::new(""))
                .unwrap_or(Path::new(".")),
        )?
        .sync_all()?;
    }
    Ok(())
}

impl Blobs for FileBlobs {
    fn put<'a>(&'a self, digest: &'a str, bytes: &'a [u8]) -> Doing<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let (place, bytes) = (self.place(digest)?, bytes.to_vec());
            let root = self.root.clone();
            on_disk(move || write_durably(&root, &place, &bytes).map_err(failed)).await
        })
    }

    fn get<'a>(&'a self, wanted: &'a str) -> Doing<'a, Result<Vec<u8>, BlobError>> {
        Box::pin(async move {
            let place = self.place(wanted)?;
            let read = on_disk(move || {
                fs::read(&place)
                    .map(Some)
                    .or_else(|error| match error.kind() {
                        io::ErrorKind::NotFound => Ok(None),
                        _ => Err(failed(error)),
                    })
            });
            let bytes = read
                .await?
                .ok_or_else(|| BlobError::Missing(wanted.to_owned()))?;
            if digest(&bytes) != wanted {
                return Err(BlobError::Damaged(wanted.to_owned()));
            }
            Ok(bytes)
        })
    }

    /// Also what a crash left unfinished, so that it is collected.
    fn list(&self) -> Doing<'_, Result<Vec<(String, Timestamp)>, BlobError>> {
        let root = self.root.clone();
        Box::pin(on_disk(move || listed(&root).map_err(failed)))
    }

    fn remove<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let place = self.place_of_any(digest)?;
            on_disk(move || match fs::remove_file(&place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            })
            .await
        })
    }
}

fn listed(root: &Path) -> io::Result<Vec<(String, Timestamp)>> {
    let mut found = Vec::new();
    let folders = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        folders => folders?,
    };
    for folder in folders {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())? {
            let file = file?;
            let at = Timestamp::try_from(file.metadata()?.modified()?).map_err(io::Error::other)?;
            found.push((file.file_name().to_string_lossy().into_owned(), at));
        }
    }
    found.sort();
    Ok(found)
}
