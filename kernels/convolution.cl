// Convolution (cross-correlation) with zero padding, its input gradient and its weight gradient.
//
// Inputs CHANNELS x HEIGHT x WIDTH, outputs FILTERS x OUT_HEIGHT x OUT_WIDTH, blocked as the prelude says. Weights lie as
// [channel][kernel row][kernel column][filter], so that the weights of a tile of filters are neighbours.
//
// A work-item keeps a tile of accumulators in registers. All loops over a tile or over kernel columns have constant
// bounds and are unrolled. Whether a row or column lies in the padding is asked once for the whole tile, never for a
// single multiplication, so no work is done on zeros.

#define WEIGHT_AT(channel, ky, kx, filter) \
    (WEIGHT + (((channel) * KERNEL_H + (ky)) * KERNEL_W + (kx)) * FILTERS + (filter))
#define OUTSIDE(place, size, padding) ((padding) > 0 && ((place) < 0 || (place) >= (size)))

// Y[f, y, x] = ACTIVATE(b[f] + sum over c, ky, kx of W[f, c, ky, kx] X[c, y S + ky - P, x S + kx - P]).
// A work-item: TILE_F filters x TILE_X columns of one row. Tiles: columns, then rows, then filters.

// One row of one channel under one kernel row. At an edge columns may lie in the padding.
INLINE void NAME(forward_row)(floatv sums[TILE_F][TILE_X], global const float *row, global const float *w, int x0,
                              int at_edge)
{
    UNROLL for (int kx = 0; kx < KERNEL_W; kx++)
        UNROLL for (int x = 0; x < TILE_X; x++) {
            const int column = (x0 + x) * STRIDE_W + kx - PAD_W;
            if (at_edge && OUTSIDE(column, WIDTH, PAD_W))
                continue;
            const floatv value = LOAD(row + column * BLOCK);
            UNROLL for (int f = 0; f < TILE_F; f++)
                sums[f][x] += w[kx * FILTERS + f] * value;
        }
}

TASK(forward)(AT, global const float *restrict parameters, global const float *restrict inputs,
              global float *restrict outputs)
{
    const int x0 = tile_start(tile % X_TILES, TILE_X, OUT_WIDTH);
    tile /= X_TILES;
    const int y = tile % OUT_HEIGHT;
    const int f0 = tile_start(tile / OUT_HEIGHT, TILE_F, FILTERS);
    global const float *X = inputs + at(CHANNELS * HEIGHT * WIDTH, block, lane);
    global float *Y = outputs + at(FILTERS * OUT_HEIGHT * OUT_WIDTH, block, lane);
    const int at_edge = x0 * STRIDE_W < PAD_W || (x0 + TILE_X - 1) * STRIDE_W + KERNEL_W - PAD_W > WIDTH;

    floatv sums[TILE_F][TILE_X];
    UNROLL for (int f = 0; f < TILE_F; f++)
        UNROLL for (int x = 0; x < TILE_X; x++)
            sums[f][x] = (floatv)(parameters[BIAS + f0 + f]);

    for (int c = 0; c < CHANNELS; c++)
        for (int ky = 0; ky < KERNEL_H; ky++) {
            const int row = y * STRIDE_H + ky - PAD_H;
            if (OUTSIDE(row, HEIGHT, PAD_H))
                continue;
            global const float *w = parameters + WEIGHT_AT(c, ky, 0, f0);
            if (at_edge)
                NAME(forward_row)(sums, X + (c * HEIGHT + row) * WIDTH * BLOCK, w, x0, 1);
            else
                NAME(forward_row)(sums, X + (c * HEIGHT + row) * WIDTH * BLOCK, w, x0, 0);
        }

    UNROLL for (int f = 0; f < TILE_F; f++)
        UNROLL for (int x = 0; x < TILE_X; x++)
            STORE(Y + (((f0 + f) * OUT_HEIGHT + y) * OUT_WIDTH + x0 + x) * BLOCK, ACTIVATE(sums[f][x]));
}

// dX[c, y, x] = BACKWARD(sum over f, ky, kx of W[f, c, ky, kx] dY[f, (y + P - ky) / S, (x + P - kx) / S], X[c, y, x])
// over the places that exist; BACKWARD is the derivative of the activation that made X.
// A work-item: TILE_C channels x TILE_U columns of one row. Columns are counted in the padded picture, u = x + P, and u0
// is a multiple of the stride, so that each column of dY meets the same cells of every tile: it is loaded once and
// spread over them. Tiles: columns, then rows, then channels.

#define REACH ((KERNEL_W - 1) / STRIDE_W)  // columns of dY before a tile's own that it also sees

// One row of one filter under one kernel row. At an edge columns of dY may not exist.
INLINE void NAME(gradient_row)(floatv sums[TILE_C][TILE_U], global const float *row, global const float *w, int first,
                               int at_edge)
{
    UNROLL for (int i = -REACH; i < TILE_U / STRIDE_W; i++) {
        if (at_edge && (first + i < 0 || first + i >= OUT_WIDTH))
            continue;
        const floatv d = LOAD(row + (first + i) * BLOCK);
        UNROLL for (int kx = 0; kx < KERNEL_W; kx++) {
            const int u = i * STRIDE_W + kx;
            if (u >= 0 && u < TILE_U)
                UNROLL for (int c = 0; c < TILE_C; c++)
                    sums[c][u] += w[WEIGHT_AT(c, 0, kx, 0)] * d;
        }
    }
}

TASK(input_gradient)(AT, global const float *restrict parameters, global const float *restrict output_gradients,
                     global const float *restrict inputs, global float *restrict input_gradients)
{
    const int u0 = U_START + (STRIDE_W == 1 ? tile_start(tile % U_TILES, TILE_U, WIDTH) : tile % U_TILES * TILE_U);
    tile /= U_TILES;
    const int y = tile % HEIGHT;
    const int c0 = tile_start(tile / HEIGHT, TILE_C, CHANNELS);
    global const float *dY = output_gradients + at(FILTERS * OUT_HEIGHT * OUT_WIDTH, block, lane);
    const size_t start = at(CHANNELS * HEIGHT * WIDTH, block, lane);
    const int first = u0 / STRIDE_W, at_edge = first < REACH || first + TILE_U / STRIDE_W > OUT_WIDTH;

    floatv sums[TILE_C][TILE_U];
    UNROLL for (int c = 0; c < TILE_C; c++)
        UNROLL for (int u = 0; u < TILE_U; u++)
            sums[c][u] = ZERO;

    for (int ky = 0; ky < KERNEL_H; ky++) {
        const int row = (y + PAD_H - ky) / STRIDE_H;
        if (y + PAD_H < ky || (y + PAD_H - ky) % STRIDE_H || row >= OUT_HEIGHT)
            continue;
        for (int f = 0; f < FILTERS; f++) {
            global const float *d = dY + (f * OUT_HEIGHT + row) * OUT_WIDTH * BLOCK;
            global const float *w = parameters + WEIGHT_AT(c0, ky, 0, f) - WEIGHT;
            if (at_edge)
                NAME(gradient_row)(sums, d, w, first, 1);
            else
                NAME(gradient_row)(sums, d, w, first, 0);
        }
    }

    UNROLL for (int u = 0; u < TILE_U; u++) {
        const int x = u0 + u - PAD_W;
        if (x < 0 || x >= WIDTH)
            continue;
        UNROLL for (int c = 0; c < TILE_C; c++) {
            const size_t place = start + (((c0 + c) * HEIGHT + y) * WIDTH + x) * BLOCK;
            GIVE(input_gradients + place, BACKWARD(sums[c][u], LOAD(inputs + place)));
        }
    }
}

// dW[f, c, ky, kx] = sum over images, y, x of dY[f, y, x] X[c, y S + ky - P, x S + kx - P]; db[f] = sum of dY[f, y, x].
// A work-item: TILE_G filters x TILE_R kernel rows x TILE_K kernel columns as dot products over a share of the images,
// summed over the lanes at the end. Part p of the launch sums vectors p, p + PARTS, ... and writes at p * PART_SIZE.
// Tiles: kernel columns, kernel rows, channels, then filters; behind these, one tile of biases for each tile of filters.

#define INSIDE(first, count, size, padding) ((padding) == 0 || ((first) >= 0 && (first) + (count) <= (size)))
#define WEIGHT_TILES (K_TILES * R_TILES * CHANNELS * G_TILES)

INLINE void NAME(bias_gradient)(global const float *output_gradients, global float *out, int part, int f0)
{
    floatv sums[TILE_G];
    UNROLL for (int f = 0; f < TILE_G; f++)
        sums[f] = ZERO;
    for (int v = part; v < BLOCKS * LANES; v += PARTS) {
        global const float *dY = output_gradients + at(FILTERS * OUT_HEIGHT * OUT_WIDTH, v / LANES, v % LANES);
        for (int place = 0; place < OUT_HEIGHT * OUT_WIDTH; place++)
            UNROLL for (int f = 0; f < TILE_G; f++)
                sums[f] += LOAD(dY + ((f0 + f) * OUT_HEIGHT * OUT_WIDTH + place) * BLOCK);
    }
    UNROLL for (int f = 0; f < TILE_G; f++)
        out[BIAS_OUT + f0 + f] = sum_lanes(sums[f]);
}

// What one place of dY adds, X being where its window begins. At an edge cells of the window may lie in the padding.
INLINE void NAME(weight_window)(floatv sums[TILE_R][TILE_K][TILE_G], global const float *X, global const float *dY,
                                int row, int column, int at_edge)
{
    floatv d[TILE_G];
    UNROLL for (int f = 0; f < TILE_G; f++)
        d[f] = LOAD(dY + f * OUT_HEIGHT * OUT_WIDTH * BLOCK);
    UNROLL for (int r = 0; r < TILE_R; r++)
        UNROLL for (int k = 0; k < TILE_K; k++) {
            int outside = OUTSIDE(row + r, HEIGHT, PAD_H) || OUTSIDE(column + k, WIDTH, PAD_W);
            if (at_edge && outside)
                continue;
            const floatv value = LOAD(X + ((row + r) * WIDTH + column + k) * BLOCK);
            UNROLL for (int f = 0; f < TILE_G; f++)
                sums[r][k][f] += d[f] * value;
        }
}

TASK(weight_gradient)(AT, global const float *restrict inputs, global const float *restrict output_gradients,
                      global float *restrict sums_out)
{
    global float *out = sums_out + block * PART_SIZE;
    if (tile >= WEIGHT_TILES) {
        if (tile < WEIGHT_TILES + G_TILES)
            NAME(bias_gradient)(output_gradients, out, block, tile_start(tile - WEIGHT_TILES, TILE_G, FILTERS));
        return;
    }
    const int k0 = tile_start(tile % K_TILES, TILE_K, KERNEL_W);
    tile /= K_TILES;
    const int r0 = tile_start(tile % R_TILES, TILE_R, KERNEL_H);
    tile /= R_TILES;
    const int c = tile % CHANNELS;
    const int f0 = tile_start(tile / CHANNELS, TILE_G, FILTERS);

    floatv sums[TILE_R][TILE_K][TILE_G];
    UNROLL for (int r = 0; r < TILE_R; r++)
        UNROLL for (int k = 0; k < TILE_K; k++)
            UNROLL for (int f = 0; f < TILE_G; f++)
                sums[r][k][f] = ZERO;

    for (int v = block; v < BLOCKS * LANES; v += PARTS) {
        global const float *X = inputs + at(CHANNELS * HEIGHT * WIDTH, v / LANES, v % LANES) + c * HEIGHT * WIDTH * BLOCK;
        global const float *dY = output_gradients + at(FILTERS * OUT_HEIGHT * OUT_WIDTH, v / LANES, v % LANES)
                                 + f0 * OUT_HEIGHT * OUT_WIDTH * BLOCK;
        for (int y = 0; y < OUT_HEIGHT; y++) {
            const int row = y * STRIDE_H + r0 - PAD_H;
            for (int x = 0; x < OUT_WIDTH; x++) {
                const int column = x * STRIDE_W + k0 - PAD_W;
                const int inside = INSIDE(row, TILE_R, HEIGHT, PAD_H) && INSIDE(column, TILE_K, WIDTH, PAD_W);
                global const float *d = dY + (y * OUT_WIDTH + x) * BLOCK;
                if (inside)
                    NAME(weight_window)(sums, X, d, row, column, 0);
                else
                    NAME(weight_window)(sums, X, d, row, column, 1);
            }
        }
    }

    UNROLL for (int r = 0; r < TILE_R; r++)
        UNROLL for (int k = 0; k < TILE_K; k++)
            UNROLL for (int f = 0; f < TILE_G; f++)
                out[WEIGHT_OUT + ((c * KERNEL_H + r0 + r) * KERNEL_W + k0 + k) * FILTERS + f0 + f] =
                    sum_lanes(sums[r][k][f]);
}
