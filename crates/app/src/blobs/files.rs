//! Blobs as files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::digest;
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
        let is_digest = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
        let folder = digest.get(..2).filter(|_| is_digest);
        let folder = folder.ok_or_else(|| BlobError::Missing(digest.to_owned()))?;
        Ok(self.root.join(folder).join(digest))
    }
}

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
fn write_durably(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = place.parent().unwrap_or(place);
    let is_new = !folder.exists();
    fs::create_dir_all(folder)?;
    let unfinished = place.with_extension(format!("{}.part", std::process::id()));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, place)?;
    File::open(folder)?.sync_all()?;
    if let Some(above) = folder.parent().filter(|_| is_new) {
        File::open(above)?.sync_all()?;
        if let Some(root) = above.parent() {
            File::open(root)?.sync_all()?;
        }
    }
    Ok(())
}

impl Blobs for FileBlobs {
    fn put<'a>(&'a self, digest: &'a str, bytes: &'a [u8]) -> Doing<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let (place, bytes) = (self.place(digest)?, bytes.to_vec());
            on_disk(move || write_durably(&place, &bytes).map_err(failed)).await
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

    fn list(&self) -> Doing<'_, Result<Vec<(String, Timestamp)>, BlobError>> {
        let root = self.root.clone();
        Box::pin(on_disk(move || listed(&root).map_err(failed)))
    }

    fn remove<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let place = self.place(digest)?;
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
