//! The port to the reading process, as the server uses it.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use gongkai_app::report::orders::{Answer, Answering, Bytes, Order, Reader, Refused, write_head};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, Command};

use crate::confined::Allowance;

/// Itself, even after the file was replaced by an upgrade.
const SELF: &str = "/proc/self/exe";
/// The largest answer that is taken.
const ANSWER_MAX: u64 = 96 * 1024 * 1024;
/// How long a process may take that waits for a processor, as against the
/// seconds it may use one.
const PATIENCE: u32 = 10;

/// Starts a process of this binary for each order.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessReader {
    pub allowance: Allowance,
}

impl Reader for ProcessReader {
    fn carry_out(&self, order: Order, bytes: Vec<Bytes>) -> Answering<'_> {
        Box::pin(async move {
            let patience = Duration::from_secs(self.allowance.seconds) * PATIENCE;
            tokio::time::timeout(patience, self.run(order, bytes))
                .await
                .unwrap_or(Err(Refused::OutOfTime))
        })
    }
}

impl ProcessReader {
    async fn run(&self, order: Order, bytes: Vec<Bytes>) -> Result<Answer, Refused> {
        let mut child = Command::new(SELF)
            .arg("work")
            .arg(self.allowance.seconds.to_string())
            .arg(self.allowance.memory.to_string())
            .env_clear()
            // Address space is taken as it is needed, not in one large piece
            // that would leave none under the limit.
            .env("MIMALLOC_ARENA_RESERVE", "16384")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A user who has gone needs no answer.
            .kill_on_drop(true)
            .spawn()
            .map_err(|_| Refused::NotStarted)?;
        let input = child.stdin.take().ok_or(Refused::NotStarted)?;
        let output = child.stdout.take().ok_or(Refused::NotStarted)?;
        let mut answer = Vec::new();
        let mut limited = output.take(ANSWER_MAX);
        // A process that ends early closes its ends; its status says why.
        let (_, read) = tokio::join!(send(input, order, bytes), limited.read_to_end(&mut answer));
        let status = child.wait().await.map_err(|_| Refused::Broken)?;
        if !status.success() {
            return Err(refusal(status));
        }
        read.map_err(|_| Refused::Broken)?;
        Answer::read(&answer)
    }
}

/// Writes the order and its bytes.
async fn send(mut input: ChildStdin, order: Order, bytes: Vec<Bytes>) -> std::io::Result<()> {
    let mut head = Vec::new();
    write_head(&order, &mut head)?;
    input.write_all(&head).await?;
    let mut buffer = vec![0; 64 * 1024];
    for mut source in bytes {
        loop {
            // From memory, or from a file that was just written.
            let count = source.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            input.write_all(&buffer[..count]).await?;
        }
    }
    input.shutdown().await
}

/// Why a process ended without an answer.
fn refusal(status: ExitStatus) -> Refused {
    match (status.signal(), status.code()) {
        (Some(libc::SIGXCPU | libc::SIGKILL), _) => Refused::OutOfTime,
        (None, Some(3)) => Refused::NotStarted,
        (None, Some(4)) => Refused::Damaged,
        _ => Refused::Broken,
    }
}
