// Softmax inside a network: Y = exp(X - max X) / sum exp(X - max X) over the UNITS of a vector, or over the channels at each of
// the PLACES of a picture. X and Y are [unit][place], blocked as the prelude says.
//
// A work-item: TILE places, the last of which may not be there. (To keep their values in private memory instead of reading them
// again took twice as long.)

#define FOR_UNITS for (int u = 0; u < UNITS; u++)
#define FOR_PLACES UNROLL for (int p = 0; p < TILE; p++)
// In place of one that is not there the last place is looked at again.
#define AT_UNIT (start + (u * PLACES + min(first + p, PLACES - 1)) * BLOCK)

TASK(forward)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    const size_t start = at(UNITS * PLACES, block, lane);
    const int first = tile * TILE;
    floatv largest[TILE], sum[TILE];
    FOR_PLACES {
        largest[p] = (floatv)(-INFINITY);
        sum[p] = ZERO;
    }
    FOR_UNITS FOR_PLACES {
        const floatv x = LOAD(inputs + AT_UNIT);
        largest[p] = select(largest[p], x, x > largest[p]);
    }
    FOR_UNITS FOR_PLACES {
        const floatv e = exp(LOAD(inputs + AT_UNIT) - largest[p]);
        sum[p] += e;
        STORE(outputs + AT_UNIT, e);
    }
    FOR_PLACES sum[p] = 1.0f / sum[p];
    FOR_UNITS FOR_PLACES if (first + p < PLACES)
        STORE(outputs + AT_UNIT, LOAD(outputs + AT_UNIT) * sum[p]);
}

// dX = BACKWARD(Y (dY - sum Y dY), X); BACKWARD is the derivative of the activation that made X.
TASK(input_gradient)(AT, global const float *restrict outputs, global const float *restrict output_gradients,
                     global const float *restrict inputs, global float *restrict input_gradients)
{
    const size_t start = at(UNITS * PLACES, block, lane);
    const int first = tile * TILE;
    floatv sum[TILE];
    FOR_PLACES sum[p] = ZERO;
    FOR_UNITS FOR_PLACES sum[p] += LOAD(outputs + AT_UNIT) * LOAD(output_gradients + AT_UNIT);
    FOR_UNITS FOR_PLACES if (first + p < PLACES) {
        const floatv d = LOAD(outputs + AT_UNIT) * (LOAD(output_gradients + AT_UNIT) - sum[p]);
        GIVE(input_gradients + AT_UNIT, BACKWARD(d, LOAD(inputs + AT_UNIT)));
    }
}
