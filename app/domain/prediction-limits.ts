/** Rows of one request to a served model, for whoever asks and whoever answers. */
export const REQUEST_ROWS_MAX = 10_000
/** The longest text that a model can take, in characters. */
export const TEXT_LENGTH_MAX = 10_000
/** The largest finite 32-bit float: models work in these. */
export const FLOAT32_MAX = 3.4028234663852886e38
