/** Error classes of the store, by the file that declares them. */
export { ChachamlError, quote } from "./chachaml_error.ts";
export {
  ArchiveError,
  InvalidNameError,
  InvalidOptionError,
  InvalidSourceError,
  type NameRule,
  SourceChangedError,
  UnknownNameError,
} from "./input_errors.ts";
export {
  ArtifactExistsError,
  ArtifactInUseError,
  ArtifactNotFoundError,
  DamagedRowError,
  IntegrityError,
  ModelNotFoundError,
  RunNotFoundError,
  RunStateError,
  UnsafePathError,
} from "./record_errors.ts";
export {
  DriverError,
  LostDatabaseError,
  NewerFormatError,
  NotAStoreError,
  ReadOnlyError,
  StorageError,
  StoreBusyError,
  StoreClosedError,
  StoreNotFoundError,
  UnsupportedRuntimeError,
} from "./storage_errors.ts";
