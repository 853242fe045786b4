//! The virus scanner by clamd's own protocol (`man clamd`, INSTREAM): the file is
//! sent in pieces, each after its length, and an empty piece ends it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use crate::ports::{Doing, OutsideError, Scanned, VirusScanner};

/// Where clamd listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClamdAddress {
    /// At a port.
    Tcp(SocketAddr),
    /// At a socket in the file system.
    Unix(PathBuf),
}

/// clamd, asked anew for each file.
#[derive(Debug, Clone)]
pub struct Clamd {
    address: ClamdAddress,
    /// From asking to the answer.
    time: Duration,
}

/// Pieces in which a file is sent; clamd takes up to its `StreamMaxLength`.
const PIECE_BYTES: usize = 64 * 1024;
/// An answer is a line.
const ANSWER_BYTES_MAX: u64 = 4096;

impl Clamd {
    /// A clamd at an address, that has so long for a file.
    pub fn new(address: ClamdAddress, time: Duration) -> Self {
        Self { address, time }
    }

    async fn ask(&self, bytes: &[u8]) -> Result<Scanned, OutsideError> {
        let failed = |error: std::io::Error| OutsideError(format!("clamd: {error}"));
        let answer = match &self.address {
            ClamdAddress::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(failed)?;
                exchange(stream, bytes).await
            }
            ClamdAddress::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(failed)?;
                exchange(stream, bytes).await
            }
        };
        understood(&answer.map_err(failed)?)
    }
}

impl VirusScanner for Clamd {
    fn scan(&self, bytes: Arc<[u8]>) -> Doing<'_, Result<Scanned, OutsideError>> {
        Box::pin(async move {
            tokio::time::timeout(self.time, self.ask(&bytes))
                .await
                .unwrap_or_else(|_| Err(OutsideError("clamd: no answer in time".to_owned())))
        })
    }
}

/// Sends a file and takes the answer. clamd may answer and close before it has
/// all, as where the file is larger than it takes.
async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    bytes: &[u8],
) -> std::io::Result<String> {
    let sent = async {
        stream.write_all(b"zINSTREAM\0").await?;
        for piece in bytes.chunks(PIECE_BYTES) {
            let length = u32::try_from(piece.len()).map_err(std::io::Error::other)?;
            stream.write_all(&length.to_be_bytes()).await?;
            stream.write_all(piece).await?;
        }
        stream.write_all(&0u32.to_be_bytes()).await?;
        stream.flush().await
    }
    .await;
    let mut answer = Vec::new();
    let read = stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await;
    let is_whole = sent.is_ok() && answer.ends_with(b"\0");
    if answer.is_empty() {
        sent?;
        read?;
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    // That nothing was found counts only of the whole file, and said to its end.
    if !is_whole && matches!(understood(&answer), Ok(Scanned::Clean)) {
        return Err(std::io::Error::other(
            "an answer before the file was sent, or cut off",
        ));
    }
    Ok(answer)
}

/// `stream: OK`, `stream: NAME FOUND`; anything else is no word on the file.
fn understood(answer: &str) -> Result<Scanned, OutsideError> {
    let line = answer.trim_end_matches(['\0', '\n', '\r', ' ']);
    let said = line.strip_prefix("stream: ").unwrap_or(line);
    if said == "OK" {
        return Ok(Scanned::Clean);
    }
    match said.strip_suffix(" FOUND") {
        Some(name) if !name.is_empty() => Ok(Scanned::Found(name.to_owned())),
        _ => Err(OutsideError(format!(
            "clamd: {}",
            said.chars().take(200).collect::<String>()
        ))),
    }
}
