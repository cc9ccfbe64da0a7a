// Softmax with its loss and the loss's gradient in one pass over the scores. UNITS values an image, blocked as the prelude
// says; labels [image], -1 where there is no image. A work-item: one vector of images.
//
// P = exp(z - max z) / sum. Cross-entropy: loss = log(sum) - (z[label] - max z), dz = (P - onehot) / count. Mean squared
// error: loss = sum over u of (P - onehot)^2 / UNITS, dz = P (g - sum over u of g P) / count with g = 2 (P - onehot) / UNITS.
// Losses and right answers, summed over the vector, go to row SLOT of the metrics: [step][vector].

TASK(forward)(AT, global const float *restrict scores, global const int *restrict labels,
              global float *restrict probabilities, global float *restrict score_gradients,
              global float *restrict losses, global int *restrict hits, Step step)
{
    const size_t start = at(UNITS, block, lane);
    const intv label = *(global const intv *)(labels + block * BLOCK + lane * VECTOR);
    const intv valid = label >= 0;
    const float share = 1.0f / (float)COUNT(step);

    floatv largest = LOAD(scores + start), picked = ZERO;
    intv best = 0;
    for (int u = 0; u < UNITS; u++) {
        const floatv z = LOAD(scores + start + u * BLOCK);
        const intv better = (z > largest) | ((z != z) & (largest == largest));
        largest = select(largest, z, better);
        best = select(best, (intv)(u), better);
        picked = select(picked, z, label == u);
    }

    floatv sum = ZERO;
    for (int u = 0; u < UNITS; u++) {
        const floatv e = exp(LOAD(scores + start + u * BLOCK) - largest);
        sum += e;
        STORE(probabilities + start + u * BLOCK, e);
    }

    const floatv scale = 1.0f / sum;
    floatv loss = SQUARED ? ZERO : log(sum) - (picked - largest), inner = ZERO;
    for (int u = 0; u < UNITS; u++) {
        const floatv p = LOAD(probabilities + start + u * BLOCK) * scale;
        const floatv difference = p - select(ZERO, (floatv)(1.0f), label == u);
        STORE(probabilities + start + u * BLOCK, p);
        if (SQUARED) {
            loss += difference * difference * (1.0f / UNITS);
            inner += difference * p;
        } else {
            STORE(score_gradients + start + u * BLOCK,
                  BACKWARD(select(ZERO, difference * share, valid), LOAD(scores + start + u * BLOCK)));
        }
    }
    if (SQUARED)
        for (int u = 0; u < UNITS; u++) {
            const floatv p = LOAD(probabilities + start + u * BLOCK);
            const floatv difference = p - select(ZERO, (floatv)(1.0f), label == u);
            const floatv d = p * (difference - inner) * (2.0f / UNITS * share);
            STORE(score_gradients + start + u * BLOCK,
                  BACKWARD(select(ZERO, d, valid), LOAD(scores + start + u * BLOCK)));
        }

    const int row = SLOT(step) * BLOCKS * LANES + block * LANES + lane;
    losses[row] = sum_lanes(select(ZERO, loss, valid));
    hits[row] = (int)sum_lanes(select(ZERO, (floatv)(1.0f), valid & (best == label)));
}
