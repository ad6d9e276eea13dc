//! Where finished recordings are kept: a folder, or a bucket that speaks S3.
//!
//! A file is in the store whole or not at all. In a folder it is written beside its place, synced and renamed; in a bucket it is there when
//! its last part is. Names follow from the id alone, so a recording that is stored again takes the place of itself.

use std::{io, ops::Range, path::PathBuf, str::FromStr, sync::Arc};

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::{
    ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
    prefix::PrefixStore,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    Format,
    limits::{BUCKET_BYTES_MAX, PART_BYTES_MAX, PARTS_UNDER_WAY_MAX, STORE_TIMEOUT},
};

/// Where recordings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket. Who may write there is said as Amazon's own programs are told it: by `AWS_ACCESS_KEY_ID` and its like.
    S3 {
        /// Its name.
        bucket: String,
        /// What the names of all files in it begin with, without slashes around it; it may be empty.
        prefix: String,
        /// Where it is, unless it is Amazon's.
        endpoint: Option<String>,
    },
}

/// The store; clones are the same.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
}

impl FromStr for Place {
    type Err = PlaceError;

    /// Reads `s3://bucket/prefix`, of which the prefix may be left out, or a folder. Where the bucket is, if it is not Amazon's, is said by
    /// `AWS_ENDPOINT_URL`.
    fn from_str(text: &str) -> Result<Place, PlaceError> {
        let Some(rest) = text.strip_prefix("s3://") else {
            let is_folder = !text.is_empty() && !text.contains("://");
            return is_folder.then(|| Place::Folder(text.into())).ok_or(PlaceError);
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        // As Amazon lets them be called; what is none could name another host.
        let of_bucket = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if !(3..=BUCKET_BYTES_MAX).contains(&bucket.len()) || !bucket.bytes().all(of_bucket) {
            return Err(PlaceError);
        }
        Ok(Place::S3 {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            endpoint: std::env::var("AWS_ENDPOINT_URL").ok(),
        })
    }
}

/// It is no place for recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither a folder nor `s3://bucket/prefix`")]
pub struct PlaceError;

/// The store does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It refuses, or is away.
    #[error("the store of recordings: {0}")]
    Store(#[from] object_store::Error),
    /// A file on its way there.
    #[error("a file for the store of recordings cannot be read: {0}")]
    File(#[from] io::Error),
}

fn name(id: &str, format: Format) -> Path {
    Path::from(format!("recordings/{id}.{}", format.extension()))
}

impl Store {
    /// Opens it. A folder is made if it is not there; of a bucket nothing is asked yet.
    pub fn open(place: &Place) -> Result<Store, StoreError> {
        let objects: Arc<dyn ObjectStore> = match place {
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder)?;
                let files = LocalFileSystem::new_with_prefix(folder)?;
                Arc::new(files.with_automatic_cleanup(true).with_fsync(true))
            }
            Place::S3 {
                bucket,
                prefix,
                endpoint,
            } => {
                let retry = RetryConfig {
                    retry_timeout: STORE_TIMEOUT,
                    ..RetryConfig::default()
                };
                let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
                if let Some(endpoint) = endpoint {
                    builder = builder
                        .with_endpoint(endpoint)
                        .with_allow_http(endpoint.starts_with("http://"));
                }
                Arc::new(PrefixStore::new(builder.build()?, prefix.as_str()))
            }
        };
        Ok(Store { objects })
    }

    /// Keeps a file of this machine, whole or not at all.
    pub(crate) async fn put(&self, id: &str, format: Format, path: &std::path::Path) -> Result<(), StoreError> {
        self.put_file(&name(id, format), path).await
    }

    /// Keeps a file of this machine under a name of its caller's, which has folders in it, whole or not at all.
    pub async fn keep(&self, name: &str, path: &std::path::Path) -> Result<(), StoreError> {
        self.put_file(&Path::from(name), path).await
    }

    async fn put_file(&self, name: &Path, path: &std::path::Path) -> Result<(), StoreError> {
        let mut file = tokio::fs::File::open(path).await?;
        let first = part(&mut file).await?;
        // What fits into one request is sent as one: only larger files are put together from parts.
        if first.len() < PART_BYTES_MAX {
            self.objects.put(name, first.into()).await?;
            return Ok(());
        }
        let upload = self.objects.put_multipart(name).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES_MAX);
        match send(&mut upload, first, &mut file).await {
            Ok(()) => {
                upload.finish().await?;
                Ok(())
            }
            Err(error) => {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(file = %name, %error, "parts of a file that was given up are left in the store");
                }
                Err(error)
            }
        }
    }

    /// Its size in bytes, if it is there.
    pub async fn size_bytes(&self, id: &str, format: Format) -> Result<Option<u64>, StoreError> {
        self.file_bytes(&name(id, format)).await
    }

    /// The size in bytes of what is kept under a name, if anything is.
    pub async fn kept_bytes(&self, name: &str) -> Result<Option<u64>, StoreError> {
        self.file_bytes(&Path::from(name)).await
    }

    async fn file_bytes(&self, name: &Path) -> Result<Option<u64>, StoreError> {
        match self.objects.head(name).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Some of its bytes.
    pub async fn read(&self, id: &str, format: Format, range: Range<u64>) -> Result<Bytes, StoreError> {
        Ok(self.objects.get_range(&name(id, format), range).await?)
    }

    /// Some bytes of what is kept under a name.
    pub async fn read_kept(&self, name: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        Ok(self.objects.get_range(&Path::from(name), range).await?)
    }

    /// Fetches what is kept under a name into a file of this machine, by pieces.
    pub async fn fetch(&self, name: &str, path: &std::path::Path) -> Result<(), StoreError> {
        let mut pieces = self.objects.get(&Path::from(name)).await?.into_stream();
        let mut file = tokio::fs::File::create(path).await?;
        while let Some(piece) = pieces.next().await {
            file.write_all(&piece?).await?;
        }
        Ok(file.sync_all().await?)
    }

    /// Nothing is kept under a name any more, nor in it, if it is a folder's.
    pub async fn delete_kept(&self, name: &str) -> Result<(), StoreError> {
        let name = Path::from(name);
        let mut names = vec![];
        let mut listed = self.objects.list(Some(&name));
        while let Some(meta) = listed.next().await {
            names.push(meta?.location);
        }
        names.push(name);
        for name in names {
            match self.objects.delete(&name).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Neither form of it is there any more.
    pub async fn delete(&self, id: &str) -> Result<(), StoreError> {
        for format in Format::ALL {
            match self.objects.delete(&name(id, format)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Sends a file in parts, no more of them at once than there may be.
async fn send(upload: &mut WriteMultipart, first: Bytes, file: &mut tokio::fs::File) -> Result<(), StoreError> {
    let mut next = first;
    while !next.is_empty() {
        upload.wait_for_capacity(PARTS_UNDER_WAY_MAX).await?;
        upload.put(next);
        next = part(file).await?;
    }
    Ok(upload.wait_for_capacity(1).await?)
}

/// The next bytes of a file, a whole part but at its end.
async fn part(file: &mut tokio::fs::File) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    file.take(PART_BYTES_MAX as u64).read_to_end(&mut bytes).await?;
    Ok(bytes.into())
}
