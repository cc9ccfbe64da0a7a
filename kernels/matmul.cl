// Dense layers: the three matrix products. Inputs and outputs are vectors of INPUTS and UNITS values an image, blocked as
// the prelude says; weights lie as [input][unit].
//
// A work-item keeps a tile of accumulators, values x blocks of images, so that each weight serves several blocks.

#define TILE_BLOCK(index) tile_start(index, TILE_B, BLOCKS)

// Weights as [unit][input], for a forward pass that would otherwise read across many long rows, of which it uses little and
// the cache keeps less. A work-item: ROWS units.
TASK(weights_turned)(AT, global const float *restrict parameters, global float *restrict turned)
{
    const int first = tile * ROWS;
    for (int i = 0; i < INPUTS; i++)
        UNROLL for (int u = first; u < first + ROWS; u++)
            if (u < UNITS)
                turned[u * INPUTS + i] = parameters[WEIGHT + i * UNITS + u];
}

#define WEIGHT_OF(unit, input) weights[TURNED ? (unit) * INPUTS + (input) : WEIGHT + (input) * UNITS + (unit)]

// Y[u] = ACTIVATE(b[u] + sum over i of W[u, i] X[i]). A work-item: TILE_U units x TILE_B blocks.
TASK(forward)(AT, global const float *restrict parameters, global const float *restrict weights,
              global const float *restrict inputs, global float *restrict outputs)
{
    const int u0 = tile_start(tile, TILE_U, UNITS);
    const int b0 = tile_start(block, TILE_B, BLOCKS);
    global const float *X = inputs + at(INPUTS, b0, lane);
    global float *Y = outputs + at(UNITS, b0, lane);

    floatv sums[TILE_U][TILE_B];
    UNROLL for (int u = 0; u < TILE_U; u++)
        UNROLL for (int b = 0; b < TILE_B; b++)
            sums[u][b] = (floatv)(parameters[BIAS + u0 + u]);
    for (int i = 0; i < INPUTS; i++)
        UNROLL for (int b = 0; b < TILE_B; b++) {
            const floatv value = LOAD(X + (b * INPUTS + i) * BLOCK);
            UNROLL for (int u = 0; u < TILE_U; u++)
                sums[u][b] += WEIGHT_OF(u0 + u, i) * value;
        }
    UNROLL for (int u = 0; u < TILE_U; u++)
        UNROLL for (int b = 0; b < TILE_B; b++)
            STORE(Y + (b * UNITS + u0 + u) * BLOCK, ACTIVATE(sums[u][b]));
}

// dX[i] = BACKWARD(sum over u of W[u, i] dY[u], X[i]); BACKWARD is the derivative of the activation that made X.
// A work-item: TILE_I inputs x TILE_C blocks.
TASK(input_gradient)(AT, global const float *restrict parameters, global const float *restrict output_gradients,
                     global const float *restrict inputs, global float *restrict input_gradients)
{
    const int i0 = tile_start(tile, TILE_I, INPUTS);
    const int b0 = tile_start(block, TILE_C, BLOCKS);
    global const float *dY = output_gradients + at(UNITS, b0, lane);
    const size_t start = at(INPUTS, b0, lane);

    floatv sums[TILE_I][TILE_C];
    UNROLL for (int i = 0; i < TILE_I; i++)
        UNROLL for (int b = 0; b < TILE_C; b++)
            sums[i][b] = ZERO;
    for (int u = 0; u < UNITS; u++)
        UNROLL for (int b = 0; b < TILE_C; b++) {
            const floatv d = LOAD(dY + (b * UNITS + u) * BLOCK);
            UNROLL for (int i = 0; i < TILE_I; i++)
                sums[i][b] += parameters[WEIGHT + (i0 + i) * UNITS + u] * d;
        }
    UNROLL for (int i = 0; i < TILE_I; i++)
        UNROLL for (int b = 0; b < TILE_C; b++) {
            const size_t place = start + (b * INPUTS + i0 + i) * BLOCK;
            if (OWN(i0 + i, tile, TILE_I) && OWN(b0 + b, block, TILE_C))
                GIVE(input_gradients + place, BACKWARD(sums[i][b], LOAD(inputs + place)));
        }
}

// The gradients of the outputs turned: [image][unit], so that a vector holds WIDE units of one image.
// A work-item: CHUNK units of one vector of images.
TASK(turn)(AT, global const float *restrict output_gradients, global float *restrict turned)
{
    global const float *dY = output_gradients + at(UNITS, block, lane);
    global float *T = turned + (size_t)(block * BLOCK + lane * VECTOR) * UNITS;
    for (int u = tile * CHUNK; u < min((tile + 1) * CHUNK, UNITS); u++) {
        Floats d;
        d.all = LOAD(dY + u * BLOCK);
        UNROLL for (int image = 0; image < VECTOR; image++)
            T[image * UNITS + u] = d.each[image];
    }
}

// dW[u, i] = sum over images of dY[u] X[i]; db[u] = sum over images of dY[u]. A work-item: TILE_J inputs x TILE_V vectors
// of units, over a share of the images. Part p of the launch sums vectors p, p + PARTS, ... and writes at p * PART_SIZE.
// Tiles: units, then inputs; behind these, one tile of biases for each tile of units.

#if WIDE == 1
typedef float NAME(wide);
#define LOAD_WIDE(address) (*(address))
#define STORE_WIDE(address, value) (*(address) = (value))
#else
typedef JOIN(float, WIDE) NAME(wide);
#define LOAD_WIDE(address) JOIN(vload, WIDE)(0, address)
#define STORE_WIDE(address, value) JOIN(vstore, WIDE)(value, 0, address)
#endif

INLINE void NAME(bias_gradient)(global const float *turned, global float *out, int part, int u0)
{
    NAME(wide) sums[TILE_V];
    UNROLL for (int u = 0; u < TILE_V; u++)
        sums[u] = (NAME(wide))(0.0f);
    for (int v = part; v < BLOCKS * LANES; v += PARTS)
        for (int image = 0; image < VECTOR; image++)
            UNROLL for (int u = 0; u < TILE_V; u++)
                sums[u] += LOAD_WIDE(turned + (size_t)(v * VECTOR + image) * UNITS + u0 + u * WIDE);
    UNROLL for (int u = 0; u < TILE_V; u++)
        STORE_WIDE(out + BIAS_OUT + u0 + u * WIDE, sums[u]);
}

TASK(weight_gradient)(AT, global const float *restrict inputs, global const float *restrict turned,
                      global float *restrict sums_out)
{
    const int u0 = tile_start(tile % V_TILES, TILE_V * WIDE, UNITS);
    const int i0 = tile_start(tile / V_TILES, TILE_J, INPUTS);
    global float *out = sums_out + block * PART_SIZE;
    if (tile >= V_TILES * J_TILES) {
        if (tile < V_TILES * (J_TILES + 1))
            NAME(bias_gradient)(turned, out, block, u0);
        return;
    }

    NAME(wide) sums[TILE_J][TILE_V];
    UNROLL for (int i = 0; i < TILE_J; i++)
        UNROLL for (int u = 0; u < TILE_V; u++)
            sums[i][u] = (NAME(wide))(0.0f);
    for (int v = block; v < BLOCKS * LANES; v += PARTS) {
        global const float *X = inputs + at(INPUTS, v / LANES, v % LANES) + i0 * BLOCK;
        global const float *T = turned + (size_t)v * VECTOR * UNITS + u0;
        for (int image = 0; image < VECTOR; image++)
            UNROLL for (int u = 0; u < TILE_V; u++) {
                const NAME(wide) d = LOAD_WIDE(T + image * UNITS + u * WIDE);
                UNROLL for (int i = 0; i < TILE_J; i++)
                    sums[i][u] += X[i * BLOCK + image] * d;
            }
    }
    UNROLL for (int i = 0; i < TILE_J; i++)
        UNROLL for (int u = 0; u < TILE_V; u++)
            STORE_WIDE(out + WEIGHT_OUT + (i0 + i) * UNITS + u0 + u * WIDE, sums[i][u]);
}
