// Convolution (cross-correlation) with zero padding, its input gradient and its weight gradient.
//
// Inputs CHANNELS x HEIGHT x WIDTH, outputs FILTERS x OUT_HEIGHT x OUT_WIDTH, blocked as the prelude says. Both are cut into
// GROUPS, of GROUP_CHANNELS channels and GROUP_FILTERS filters that see no other group. Weights lie as
// [channel of the group][kernel row][kernel column][filter], so that the weights of a tile of filters are neighbours.
//
// A transposed convolution is the same with the roles exchanged: what goes into it is called outputs here, what comes out
// inputs. So the tasks have two names: CORRELATE is "forward" and SPREAD is "input_gradient", or the other way round.
//
// A work-item keeps a tile of accumulators in registers. All loops over a tile or over kernel columns have constant
// bounds and are unrolled. Whether a row or column lies in the padding is asked once for the whole tile, never for a
// single multiplication, so no work is done on zeros. A tile of channels or filters lies in one group.

#define WEIGHT_AT(channel, ky, kx, filter) \
    (WEIGHT + (((channel) * KERNEL_H + (ky)) * KERNEL_W + (kx)) * FILTERS + (filter))
#define OUTSIDE(place, size, padding) ((padding) > 0 && ((place) < 0 || (place) >= (size)))
#define GROUP_OF(index, tiles) (GROUPS > 1 ? (index) / (tiles) : 0)  // of tile number `index`, with so many in a group
#define OWN_CELL(cell, index, tile, size) ((size) % (tile) == 0 || OWN(cell, index, tile))

// What sums start with, and what becomes of them: values, or gradients by values that are `known`. Places of a gradient
// that a tile does not own are given by the tile before.
#define BIAS_OF(index) (HAS_BIAS ? (floatv)(parameters[BIAS + (index)]) : ZERO)
#define KEEP_VALUE(place, sum) STORE(place, ACTIVATE(sum))
#define KEEP_GRADIENT(own, place, known, sum) \
    if (own) \
        GIVE(place, BACKWARD(sum, LOAD(known)))
#if TRANSPOSED
#define OUTPUT_START(f) ZERO
#define INPUT_START(c) BIAS_OF(c)
#define KEEP_OUTPUT(own, place, sum) KEEP_GRADIENT(own, outputs + (place), known + (place), sum)
#define KEEP_INPUT(own, place, sum) KEEP_VALUE(inputs + (place), sum)
#else
#define OUTPUT_START(f) BIAS_OF(f)
#define INPUT_START(c) ZERO
#define KEEP_OUTPUT(own, place, sum) KEEP_VALUE(outputs + (place), sum)
#define KEEP_INPUT(own, place, sum) KEEP_GRADIENT(own, inputs + (place), known + (place), sum)
#endif

// Y[f, y, x] = b[f] + sum over the group's c, and ky, kx, of W[f, c, ky, kx] X[c, y S + ky D - P, x S + kx D - P]
// with the stride S, the dilation D and the padding P; or, from gradients of X, those of Y in a transposed convolution.
// A work-item: TILE_F filters x TILE_X columns of one row. Tiles: columns, then rows, then filters.

// One row of one channel under one kernel row. At an edge columns may lie in the padding.
INLINE void NAME(correlate_row)(floatv sums[TILE_F][TILE_X], global const float *row, global const float *w, int x0,
                                int at_edge)
{
    UNROLL for (int kx = 0; kx < KERNEL_W; kx++)
        UNROLL for (int x = 0; x < TILE_X; x++) {
            const int column = (x0 + x) * STRIDE_W + kx * DILATION_W - PAD_W;
            if (at_edge && OUTSIDE(column, WIDTH, PAD_W))
                continue;
            const floatv value = LOAD(row + column * BLOCK);
            UNROLL for (int f = 0; f < TILE_F; f++)
                sums[f][x] += w[kx * FILTERS + f] * value;
        }
}

TASK(CORRELATE)(AT, global const float *restrict parameters, global const float *restrict inputs,
                global const float *restrict known, global float *restrict outputs)
{
    const int x_tile = tile % X_TILES, y = tile / X_TILES % OUT_HEIGHT;
    const int group = GROUP_OF(tile / X_TILES / OUT_HEIGHT, F_TILES);
    const int f_tile = tile / X_TILES / OUT_HEIGHT - group * F_TILES;
    const int x0 = tile_start(x_tile, TILE_X, OUT_WIDTH), f0 = tile_start(f_tile, TILE_F, GROUP_FILTERS);
    global const float *X = inputs + at(CHANNELS * HEIGHT * WIDTH, block, lane)
                            + group * GROUP_CHANNELS * HEIGHT * WIDTH * BLOCK;
    const size_t start = at(FILTERS * OUT_HEIGHT * OUT_WIDTH, block, lane);
    const int filter = group * GROUP_FILTERS + f0;
    const int at_edge = x0 * STRIDE_W < PAD_W
                        || (x0 + TILE_X - 1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W - PAD_W >= WIDTH;

    floatv sums[TILE_F][TILE_X];
    UNROLL for (int f = 0; f < TILE_F; f++)
        UNROLL for (int x = 0; x < TILE_X; x++)
            sums[f][x] = OUTPUT_START(filter + f);

    for (int c = 0; c < GROUP_CHANNELS; c++)
        for (int ky = 0; ky < KERNEL_H; ky++) {
            const int row = y * STRIDE_H + ky * DILATION_H - PAD_H;
            if (OUTSIDE(row, HEIGHT, PAD_H))
                continue;
            global const float *w = parameters + WEIGHT_AT(c, ky, 0, filter);
            if (at_edge)
                NAME(correlate_row)(sums, X + (c * HEIGHT + row) * WIDTH * BLOCK, w, x0, 1);
            else
                NAME(correlate_row)(sums, X + (c * HEIGHT + row) * WIDTH * BLOCK, w, x0, 0);
        }

    UNROLL for (int f = 0; f < TILE_F; f++)
        UNROLL for (int x = 0; x < TILE_X; x++)
            KEEP_OUTPUT(OWN_CELL(f0 + f, f_tile, TILE_F, GROUP_FILTERS) && OWN_CELL(x0 + x, x_tile, TILE_X, OUT_WIDTH),
                        start + (((filter + f) * OUT_HEIGHT + y) * OUT_WIDTH + x0 + x) * BLOCK, sums[f][x]);
}

// X[c, y, x] = b[c] + sum over the group's f, and ky, kx, of W[f, c, ky, kx] Y[f, (y + P - ky D) / S, (x + P - kx D) / S]
// over the places that exist: each value of Y stamps a kernel into X. From gradients of Y it is those of X in a
// convolution, and then without a bias.
// A work-item: TILE_C channels x TILE_U columns of one row. Columns are counted in the padded picture, u = x + P, and u0
// is a multiple of the stride, so that each column of Y meets the same cells of every tile: it is loaded once and
// spread over them. Tiles: columns, then rows, then channels.

#define REACH ((KERNEL_W - 1) * DILATION_W / STRIDE_W)  // columns of Y before a tile's own that it also sees

// One row of one filter under one kernel row. At an edge columns of Y may not exist.
INLINE void NAME(spread_row)(floatv sums[TILE_C][TILE_U], global const float *row, global const float *w, int first,
                             int at_edge)
{
    UNROLL for (int i = -REACH; i < TILE_U / STRIDE_W; i++) {
        if (at_edge && (first + i < 0 || first + i >= OUT_WIDTH))
            continue;
        const floatv value = LOAD(row + (first + i) * BLOCK);
        UNROLL for (int kx = 0; kx < KERNEL_W; kx++) {
            const int u = i * STRIDE_W + kx * DILATION_W;
            if (u >= 0 && u < TILE_U)
                UNROLL for (int c = 0; c < TILE_C; c++)
                    sums[c][u] += w[WEIGHT_AT(c, 0, kx, 0)] * value;
        }
    }
}

TASK(SPREAD)(AT, global const float *restrict parameters, global const float *restrict outputs,
             global const float *restrict known, global float *restrict inputs)
{
    const int u_tile = tile % U_TILES, y = tile / U_TILES % HEIGHT;
    const int group = GROUP_OF(tile / U_TILES / HEIGHT, C_TILES);
    const int c_tile = tile / U_TILES / HEIGHT - group * C_TILES;
    const int u0 = U_START + (STRIDE_W == 1 ? tile_start(u_tile, TILE_U, WIDTH) : u_tile * TILE_U);
    const int c0 = tile_start(c_tile, TILE_C, GROUP_CHANNELS), channel = group * GROUP_CHANNELS + c0;
    global const float *Y = outputs + at(FILTERS * OUT_HEIGHT * OUT_WIDTH, block, lane);
    const size_t start = at(CHANNELS * HEIGHT * WIDTH, block, lane);
    const int first = u0 / STRIDE_W, at_edge = first < REACH || first + TILE_U / STRIDE_W > OUT_WIDTH;

    floatv sums[TILE_C][TILE_U];
    UNROLL for (int c = 0; c < TILE_C; c++)
        UNROLL for (int u = 0; u < TILE_U; u++)
            sums[c][u] = INPUT_START(channel + c);

    for (int ky = 0; ky < KERNEL_H; ky++) {
        const int below = y + PAD_H - ky * DILATION_H, row = below / STRIDE_H;
        if (below < 0 || below % STRIDE_H || row >= OUT_HEIGHT)
            continue;
        for (int f = group * GROUP_FILTERS; f < (group + 1) * GROUP_FILTERS; f++) {
            global const float *values = Y + (f * OUT_HEIGHT + row) * OUT_WIDTH * BLOCK;
            global const float *w = parameters + WEIGHT_AT(c0, ky, 0, f) - WEIGHT;
            if (at_edge)
                NAME(spread_row)(sums, values, w, first, 1);
            else
                NAME(spread_row)(sums, values, w, first, 0);
        }
    }

    UNROLL for (int u = 0; u < TILE_U; u++) {
        const int x = u0 + u - PAD_W;
        if (x < 0 || x >= WIDTH)
            continue;
        UNROLL for (int c = 0; c < TILE_C; c++)
            KEEP_INPUT(OWN_CELL(c0 + c, c_tile, TILE_C, GROUP_CHANNELS)
                           && (STRIDE_W > 1 || OWN_CELL(x, u_tile, TILE_U, WIDTH)),
                       start + (((channel + c) * HEIGHT + y) * WIDTH + x) * BLOCK, sums[c][u]);
    }
}

// dW[f, c, ky, kx] = sum over images, y, x of dY[f, y, x] X[c, y S + ky D - P, x S + kx D - P]; db[f] = sum of dY[f, y, x].
// In a transposed convolution Y and dX take the places of dY and X, and db[c] = sum of dX[c, y, x].
// A work-item: TILE_G filters x TILE_Q channels x TILE_R kernel rows x TILE_K kernel columns as dot products over a share of
// the images, summed over the lanes at the end. Part p of the launch sums vectors p, p + PARTS, ... and writes at
// p * PART_SIZE.
// Tiles: kernel columns, kernel rows, channels of a group, then filters; behind these, B_TILES tiles of TILE_B biases. With
// none there each tile sums the biases of its filters along the way, since no other tile has them.

#define INSIDE(first, count, dilation, size, padding) \
    ((padding) == 0 || ((first) >= 0 && (first) + ((count) - 1) * (dilation) < (size)))
#define WEIGHT_TILES (K_TILES * R_TILES * Q_TILES * G_TILES * GROUPS)
#define BIAS_WITHIN (HAS_BIAS && B_TILES == 0)
#if TRANSPOSED
#define BIASES CHANNELS
#define BIAS_PLACES (HEIGHT * WIDTH)
#define BIASED inputs
#else
#define BIASES FILTERS
#define BIAS_PLACES (OUT_HEIGHT * OUT_WIDTH)
#define BIASED outputs
#endif

INLINE void NAME(bias_gradient)(global const float *gradients, global float *out, int part, int b0)
{
    floatv sums[TILE_B];
    UNROLL for (int b = 0; b < TILE_B; b++)
        sums[b] = ZERO;
    for (int v = part; v < BLOCKS * LANES; v += PARTS) {
        global const float *d = gradients + at(BIASES * BIAS_PLACES, v / LANES, v % LANES);
        for (int place = 0; place < BIAS_PLACES; place++)
            UNROLL for (int b = 0; b < TILE_B; b++)
                sums[b] += LOAD(d + ((b0 + b) * BIAS_PLACES + place) * BLOCK);
    }
    UNROLL for (int b = 0; b < TILE_B; b++)
        out[BIAS_OUT + b0 + b] = sum_lanes(sums[b]);
}

// What one place of Y adds, X being where its window begins. At an edge cells of the window may lie in the padding.
INLINE void NAME(weight_window)(floatv sums[TILE_Q][TILE_R][TILE_K][TILE_G], floatv totals[TILE_G],
                                global const float *X, global const float *Y, int row, int column, int at_edge)
{
    floatv d[TILE_G];
    UNROLL for (int f = 0; f < TILE_G; f++) {
        d[f] = LOAD(Y + f * OUT_HEIGHT * OUT_WIDTH * BLOCK);
        if (BIAS_WITHIN)
            totals[f] += d[f];
    }
    UNROLL for (int r = 0; r < TILE_R; r++)
        UNROLL for (int k = 0; k < TILE_K; k++) {
            const int y = row + r * DILATION_H, x = column + k * DILATION_W;
            int outside = OUTSIDE(y, HEIGHT, PAD_H) || OUTSIDE(x, WIDTH, PAD_W);
            if (at_edge && outside)
                continue;
            UNROLL for (int c = 0; c < TILE_Q; c++) {
                const floatv value = LOAD(X + ((c * HEIGHT + y) * WIDTH + x) * BLOCK);
                UNROLL for (int f = 0; f < TILE_G; f++)
                    sums[c][r][k][f] += d[f] * value;
            }
        }
}

TASK(weight_gradient)(AT, global const float *restrict inputs, global const float *restrict outputs,
                      global float *restrict sums_out)
{
    global float *out = sums_out + block * PART_SIZE;
    if (tile >= WEIGHT_TILES) {
        if (tile < WEIGHT_TILES + B_TILES)
            NAME(bias_gradient)(BIASED, out, block, tile_start(tile - WEIGHT_TILES, TILE_B, BIASES));
        return;
    }
    const int k0 = tile_start(tile % K_TILES, TILE_K, KERNEL_W);
    tile /= K_TILES;
    const int r0 = tile_start(tile % R_TILES, TILE_R, KERNEL_H);
    tile /= R_TILES;
    const int c0 = tile_start(tile % Q_TILES, TILE_Q, GROUP_CHANNELS);
    tile /= Q_TILES;
    const int group = GROUP_OF(tile, G_TILES);
    const int f0 = group * GROUP_FILTERS + tile_start(tile - group * G_TILES, TILE_G, GROUP_FILTERS);

    floatv sums[TILE_Q][TILE_R][TILE_K][TILE_G], totals[TILE_G];
    UNROLL for (int f = 0; f < TILE_G; f++) {
        totals[f] = ZERO;
        UNROLL for (int c = 0; c < TILE_Q; c++)
            UNROLL for (int r = 0; r < TILE_R; r++)
                UNROLL for (int k = 0; k < TILE_K; k++)
                    sums[c][r][k][f] = ZERO;
    }

    for (int v = block; v < BLOCKS * LANES; v += PARTS) {
        global const float *X = inputs + at(CHANNELS * HEIGHT * WIDTH, v / LANES, v % LANES)
                                + (group * GROUP_CHANNELS + c0) * HEIGHT * WIDTH * BLOCK;
        global const float *Y = outputs + at(FILTERS * OUT_HEIGHT * OUT_WIDTH, v / LANES, v % LANES)
                                + f0 * OUT_HEIGHT * OUT_WIDTH * BLOCK;
        for (int y = 0; y < OUT_HEIGHT; y++) {
            const int row = y * STRIDE_H + r0 * DILATION_H - PAD_H;
            for (int x = 0; x < OUT_WIDTH; x++) {
                const int column = x * STRIDE_W + k0 * DILATION_W - PAD_W;
                const int inside = INSIDE(row, TILE_R, DILATION_H, HEIGHT, PAD_H)
                                   && INSIDE(column, TILE_K, DILATION_W, WIDTH, PAD_W);
                global const float *d = Y + (y * OUT_WIDTH + x) * BLOCK;
                if (inside)
                    NAME(weight_window)(sums, totals, X, d, row, column, 0);
                else
                    NAME(weight_window)(sums, totals, X, d, row, column, 1);
            }
        }
    }

    UNROLL for (int c = 0; c < TILE_Q; c++)
        UNROLL for (int r = 0; r < TILE_R; r++)
            UNROLL for (int k = 0; k < TILE_K; k++)
                UNROLL for (int f = 0; f < TILE_G; f++)
                    out[WEIGHT_OUT + WEIGHT_AT(c0 + c, r0 + r, k0 + k, f0 + f) - WEIGHT] = sum_lanes(sums[c][r][k][f]);
    if (BIAS_WITHIN)
        UNROLL for (int f = 0; f < TILE_G; f++)
            out[BIAS_OUT + f0 + f] = sum_lanes(totals[f]);
}
