//! Where finished recordings are kept: a folder, or a bucket that speaks S3.

use std::{ops::Range, path::PathBuf, sync::Arc};

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem, path::Path};

use crate::Format;

/// Where recordings are kept.
#[derive(Clone, Debug)]
pub enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket. Who may write there is said as Amazon's own programs are told it: by `AWS_ACCESS_KEY_ID` and its like.
    S3 {
        /// Its name.
        bucket: String,
        /// Where it is, unless it is Amazon's.
        endpoint: Option<String>,
    },
}

/// The store; clones are the same.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
}

/// The store does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the store of recordings: {0}")]
pub struct StoreError(#[from] object_store::Error);

fn name(id: &str, format: Format) -> Path {
    Path::from(format!("recordings/{id}.{}", format.extension()))
}

impl Store {
    /// Opens it. A folder is made if it is not there; of a bucket nothing is asked yet.
    pub fn open(place: &Place) -> Result<Store, StoreError> {
        let objects: Arc<dyn ObjectStore> = match place {
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|source| object_store::Error::Generic {
                    store: "folder",
                    source: source.into(),
                })?;
                Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true))
            }
            Place::S3 { bucket, endpoint } => {
                let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint).with_allow_http(true);
                }
                Arc::new(builder.build()?)
            }
        };
        Ok(Store { objects })
    }

    /// Keeps a file, whole or not at all.
    pub(crate) async fn put(&self, id: &str, format: Format, file: Bytes) -> Result<(), StoreError> {
        self.objects
            .put(&name(id, format), PutPayload::from_bytes(file))
            .await?;
        Ok(())
    }

    /// Its size in bytes, if it is there.
    pub async fn size_bytes(&self, id: &str, format: Format) -> Result<Option<u64>, StoreError> {
        match self.objects.head(&name(id, format)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Some of its bytes.
    pub async fn read(&self, id: &str, format: Format, range: Range<u64>) -> Result<Bytes, StoreError> {
        Ok(self.objects.get_range(&name(id, format), range).await?)
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
