//! Writing a file of a backup, or one that comes from a backup.

use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::{Stream, StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep, timeout};

use super::manifest::File;
use super::pace::Pace;

/// How long to wait for the next piece.
const PIECE_WITHIN: Duration = Duration::from_secs(60);

/// What is read of a file at once.
const PIECE_BYTES: usize = 256 << 10;

/// How a file is written.
pub(crate) struct Transfer {
    /// The length that the file is to have.
    pub(crate) bytes: u64,
    /// How fast pieces are taken.
    pub(crate) pace: Pace,
}

impl Transfer {
    /// Writes `pieces` to a new file, which is at `path`. It is durable on return.
    ///
    /// # Errors
    /// The file cannot be written, or the pieces are not as long as they should be.
    pub(crate) async fn write<P, E>(
        mut self,
        pieces: impl Stream<Item = Result<P, E>>,
        file: std::fs::File,
        path: &Path,
    ) -> anyhow::Result<File>
    where
        P: AsRef<[u8]>,
        E: Into<anyhow::Error>,
    {
        let failed = || format!("failed to write {}", path.display());
        let progress = ProgressBar::new(self.bytes).with_style(style()?);
        let mut file = tokio::fs::File::from_std(file);
        let mut pieces = std::pin::pin!(pieces);
        let (mut digest, mut written, begin) = (blake3::Hasher::new(), 0, Instant::now());
        loop {
            let piece = timeout(PIECE_WITHIN, pieces.next()).await;
            let piece = piece.context("no more of the backup came for a minute")?;
            let Some(piece) = piece.transpose().map_err(Into::into)? else { break };
            let piece = piece.as_ref();
            file.write_all(piece).await.with_context(failed)?;
            digest.update(piece);
            written += piece.len() as u64;
            progress.set_position(written);
            sleep(self.pace.pause_after(piece.len() as u64, begin.elapsed())).await;
        }
        ensure!(written == self.bytes, "{written} of {} bytes came, then the backup ended", self.bytes);
        // What became of the last write is not told by syncing.
        file.flush().await.with_context(failed)?;
        file.sync_all().await.with_context(failed)?;
        progress.finish_and_clear();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(File { name, bytes: written, blake3: digest.finalize().to_hex().to_string() })
    }
}

/// The content of a file, piece by piece.
pub(crate) fn pieces_of_file(file: tokio::fs::File) -> impl Stream<Item = io::Result<Vec<u8>>> {
    stream::try_unfold(file, |mut file| async move {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        while piece.len() < PIECE_BYTES && file.read_buf(&mut piece).await? > 0 {}
        Ok((!piece.is_empty()).then_some((piece, file)))
    })
}

fn style() -> anyhow::Result<ProgressStyle> {
    Ok(ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_digest_of_a_file_is_that_of_its_content() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        let content = vec![7; 10_000];
        let pieces: Vec<io::Result<Vec<u8>>> = content.chunks(999).map(|piece| Ok(piece.to_vec())).collect();
        let transfer = Transfer { bytes: 10_000, pace: Pace::new(None) };
        let file = transfer.write(stream::iter(pieces), std::fs::File::create_new(&path)?, &path).await?;
        let expected = blake3::hash(&content).to_hex().to_string();
        assert_eq!(file, File { name: "file".to_owned(), bytes: 10_000, blake3: expected });
        assert_eq!(std::fs::read(&path)?, content);
        Ok(())
    }

    #[tokio::test]
    async fn what_is_too_short_or_breaks_off_is_no_file_of_a_backup() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let write = async |name: &str, pieces: Vec<io::Result<&'static str>>| {
            let transfer = Transfer { bytes: 6, pace: Pace::new(None) };
            let path = folder.path().join(name);
            transfer.write(stream::iter(pieces), std::fs::File::create_new(&path)?, &path).await
        };
        let short = write("a", vec![Ok("abc")]).await;
        assert!(short.is_err_and(|error| error.to_string().starts_with("3 of 6 bytes came")));
        let broken = write("b", vec![Ok("abc"), Err(io::Error::other("the line is dead"))]).await;
        assert!(broken.is_err_and(|error| error.to_string() == "the line is dead"));
        write("c", vec![Ok("abc"), Ok("def")]).await?;
        let file = tokio::fs::File::open(folder.path().join("c")).await?;
        let read: Vec<io::Result<Vec<u8>>> = pieces_of_file(file).collect().await;
        assert_eq!(read.len(), 1);
        Ok(())
    }
}
