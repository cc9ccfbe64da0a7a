// The three products of a convolution as gemm.cl wants them; convolution.cl says what they compute. Columns n lie side by
// side in memory. A chunk of k lies in one cell of the kernel, or place of the picture, if that has whole chunks. One image
// a vector. (A dense layer is the convolution of a picture of one place.)

#define CELLS (KERNEL_H * KERNEL_W)
#define PLACES (OUT_HEIGHT * OUT_WIDTH)
// Places are unsigned, so one before the first is a large number.
#define OUTSIDE(place, size, padding) ((padding) > 0 && (place) >= (size))

// k0 + k as a place in an array [...][size].
#define LAST(k0, k, size) ((size) % CHUNK ? ((k0) + (k)) % (size) : (k0) % (size) + (k))
#define BEFORE(k0, k, size) ((size) % CHUNK ? ((k0) + (k)) / (size) : (k0) / (size))

// ---- Y: m = filter, n = (block, place, image), k = (cell, channel).

#define ROW(place, cell) ((place) / OUT_WIDTH * STRIDE_H + (cell) / KERNEL_W - PAD_H)
#define COLUMN(place, cell) ((place) % OUT_WIDTH * STRIDE_W + (cell) % KERNEL_W - PAD_W)

INLINE float NAME(forward_a)(global const float *parameters, uint share, uint m, uint k0, uint k)
{
    const uint channel = LAST(k0, k, CHANNELS), cell = BEFORE(k0, k, CHANNELS);
    return parameters[WEIGHT + (channel * CELLS + cell) * FILTERS + m];
}

INLINE float NAME(forward_b)(global const float *inputs, uint share, uint k0, uint k, uint n)
{
    const uint block = n / (PLACES * BLOCK), place = n / BLOCK % PLACES, image = n % BLOCK;
    const uint channel = LAST(k0, k, CHANNELS), cell = BEFORE(k0, k, CHANNELS);
    const uint row = ROW(place, cell), column = COLUMN(place, cell);
    if (OUTSIDE(row, HEIGHT, PAD_H) || OUTSIDE(column, WIDTH, PAD_W))
        return 0.0f;
    return inputs[at(CHANNELS * HEIGHT * WIDTH, block, image) + ((channel * HEIGHT + row) * WIDTH + column) * BLOCK];
}

INLINE void NAME(forward_c)(global const float *parameters, global float *outputs, uint share, uint m, uint n, float sum)
{
    const uint block = n / (PLACES * BLOCK), place = n / BLOCK % PLACES, image = n % BLOCK;
    const float bias = HAS_BIAS ? parameters[BIAS + m] : 0.0f;
    outputs[at(FILTERS * PLACES, block, image) + (m * PLACES + place) * BLOCK] = ACTIVATE(sum + bias);
}

INLINE int NAME(forward_empty)(uint share, uint k0, uint n0, uint columns)
{
    if (CHANNELS % CHUNK || BLOCK % columns)
        return 0;
    const uint place = n0 / BLOCK % PLACES, cell = k0 / CHANNELS;
    return OUTSIDE(ROW(place, cell), HEIGHT, PAD_H) || OUTSIDE(COLUMN(place, cell), WIDTH, PAD_W);
}

// ---- dX: m = channel, n = (block, place, image), k = (cell, filter).
//
// An input row y meets only kernel rows ky with (y + P - ky) % S = 0, so there is a share for each remainder of y and of x.
// Rows of a share are counted by j, its kernel rows by i: y = j S + r, ky = (r + P) % S + i S, and the output row is
// (y + P - ky) / S = j + (r + P) / S - i. A share's last row and its last kernel row may not exist. Likewise columns.

#define ROUND_UP(size, stride) (((size) + (stride) - 1) / (stride))
#define IN_ROWS ROUND_UP(HEIGHT, STRIDE_H)
#define IN_COLUMNS ROUND_UP(WIDTH, STRIDE_W)
#define REACH_W ROUND_UP(KERNEL_W, STRIDE_W)
#define SHARE_Y (share / STRIDE_W)
#define SHARE_X (share % STRIDE_W)
#define KERNEL_Y(cell) ((SHARE_Y + PAD_H) % STRIDE_H + (cell) / REACH_W * STRIDE_H)
#define KERNEL_X(cell) ((SHARE_X + PAD_W) % STRIDE_W + (cell) % REACH_W * STRIDE_W)
#define OUT_Y(place, cell) ((place) / IN_COLUMNS + (SHARE_Y + PAD_H) / STRIDE_H - (cell) / REACH_W)
#define OUT_X(place, cell) ((place) % IN_COLUMNS + (SHARE_X + PAD_W) / STRIDE_W - (cell) % REACH_W)
#define IN_KERNEL(cell) \
    ((KERNEL_H % STRIDE_H == 0 || KERNEL_Y(cell) < KERNEL_H) && (KERNEL_W % STRIDE_W == 0 || KERNEL_X(cell) < KERNEL_W))

INLINE float NAME(input_gradient_a)(global const float *parameters, uint share, uint m, uint k0, uint k)
{
    const uint filter = LAST(k0, k, FILTERS), cell = BEFORE(k0, k, FILTERS);
    if (!IN_KERNEL(cell))
        return 0.0f;
    return parameters[WEIGHT + ((m * KERNEL_H + KERNEL_Y(cell)) * KERNEL_W + KERNEL_X(cell)) * FILTERS + filter];
}

INLINE float NAME(input_gradient_b)(global const float *output_gradients, uint share, uint k0, uint k, uint n)
{
    const uint block = n / (IN_ROWS * IN_COLUMNS * BLOCK), place = n / BLOCK % (IN_ROWS * IN_COLUMNS), image = n % BLOCK;
    const uint filter = LAST(k0, k, FILTERS), cell = BEFORE(k0, k, FILTERS);
    const uint y = OUT_Y(place, cell), x = OUT_X(place, cell);
    if (y >= OUT_HEIGHT || x >= OUT_WIDTH)
        return 0.0f;
    return output_gradients[at(FILTERS * PLACES, block, image) + ((filter * OUT_HEIGHT + y) * OUT_WIDTH + x) * BLOCK];
}

INLINE void NAME(input_gradient_c)(global const float *inputs, global float *input_gradients, uint share, uint m, uint n,
                                   float sum)
{
    const uint block = n / (IN_ROWS * IN_COLUMNS * BLOCK), place = n / BLOCK % (IN_ROWS * IN_COLUMNS), image = n % BLOCK;
    const uint y = place / IN_COLUMNS * STRIDE_H + SHARE_Y, x = place % IN_COLUMNS * STRIDE_W + SHARE_X;
    if (y >= HEIGHT || x >= WIDTH)
        return;
    const size_t here = at(CHANNELS * HEIGHT * WIDTH, block, image) + ((m * HEIGHT + y) * WIDTH + x) * BLOCK;
    GIVE(input_gradients + here, BACKWARD(sum, inputs[here]));
}

INLINE int NAME(input_gradient_empty)(uint share, uint k0, uint n0, uint columns)
{
    if (FILTERS % CHUNK || BLOCK % columns)
        return 0;
    const uint place = n0 / BLOCK % (IN_ROWS * IN_COLUMNS), cell = k0 / FILTERS;
    return !IN_KERNEL(cell) || OUT_Y(place, cell) >= OUT_HEIGHT || OUT_X(place, cell) >= OUT_WIDTH;
}

// ---- dW: m = (channel, cell), n = filter, k = (block, place, image). A share sums SHARE_DEPTH of all k, the last one what
// is left, and writes at share * PART_SIZE. One more row, where there are biases, is multiplied by ones: db.

#define K_FROM(k0) (share * SHARE_DEPTH + (k0))
#define WEIGHTS (CHANNELS * CELLS)

INLINE float NAME(weight_gradient_a)(global const float *inputs, uint share, uint m, uint k0, uint k)
{
    const uint block = K_FROM(k0) / (PLACES * BLOCK), place = K_FROM(k0) / BLOCK % PLACES, image = K_FROM(k0) % BLOCK + k;
    const uint row = ROW(place, m % CELLS), column = COLUMN(place, m % CELLS);
    if (m == WEIGHTS)
        return 1.0f;
    if (OUTSIDE(row, HEIGHT, PAD_H) || OUTSIDE(column, WIDTH, PAD_W))
        return 0.0f;
    return inputs[at(CHANNELS * HEIGHT * WIDTH, block, image) + ((m / CELLS * HEIGHT + row) * WIDTH + column) * BLOCK];
}

INLINE float NAME(weight_gradient_b)(global const float *output_gradients, uint share, uint k0, uint k, uint n)
{
    const uint block = K_FROM(k0) / (PLACES * BLOCK), place = K_FROM(k0) / BLOCK % PLACES, image = K_FROM(k0) % BLOCK + k;
    return output_gradients[at(FILTERS * PLACES, block, image) + (n * PLACES + place) * BLOCK];
}

INLINE void NAME(weight_gradient_c)(global const float *unused, global float *sums, uint share, uint m, uint n, float sum)
{
    sums[share * PART_SIZE + (m == WEIGHTS ? BIAS_OUT : WEIGHT_OUT + m * FILTERS) + n] = sum;
}

INLINE int NAME(weight_gradient_empty)(uint share, uint k0, uint n0, uint columns)
{
    return K_FROM(k0) >= BLOCKS * PLACES * BLOCK;
}
