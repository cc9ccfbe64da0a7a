// Softmax as the output, with its loss and the loss's gradient in one pass over the scores. UNITS values an image, blocked
// as the prelude says; labels [image], -1 where there is no image. A work-item: one vector of images.
//
// P = exp(z - max z) / sum. With T = CERTAIN for the label and OTHERWISE for the other classes (they add up to 1):
// cross-entropy: loss = log(sum) - sum of T (z - max z), dz = P - T. Any other loss: the mean of VALUE(P, T), and
// dz = P (g - sum of g P) with g = SLOPE(P, T) / UNITS. Both times WEIGHT(label) / count.
// Losses and right answers, summed over the vector, go to row SLOT of the metrics: [step][vector].

#define TARGET(u) select((floatv)(OTHERWISE), (floatv)(CERTAIN), label == (u))
CLASS_WEIGHTS_TABLE

TASK(forward)(AT, global const float *restrict scores, global const int *restrict labels,
              global float *restrict probabilities, global float *restrict score_gradients,
              global float *restrict losses, global int *restrict hits, Step step)
{
    const size_t start = at(UNITS, block, lane);
    const intv label = *(global const intv *)(labels + block * BLOCK + lane * VECTOR);
    const intv valid = label >= 0;
    const floatv weight = WEIGHT(label);
    const floatv share = weight / (float)COUNT(step);

    floatv largest = LOAD(scores + start), picked = ZERO;
    intv best = 0;
    for (int u = 0; u < UNITS; u++) {
        const floatv z = LOAD(scores + start + u * BLOCK);
        const intv better = (z > largest) | ((z != z) & (largest == largest));
        largest = select(largest, z, better);
        best = select(best, (intv)(u), better);
        picked = select(picked, z, label == u);
    }

    floatv sum = ZERO, all = ZERO;
    for (int u = 0; u < UNITS; u++) {
        const floatv shifted = LOAD(scores + start + u * BLOCK) - largest;
        const floatv e = exp(shifted);
        sum += e;
        all += shifted;
        STORE(probabilities + start + u * BLOCK, e);
    }

    const floatv scale = 1.0f / sum;
    floatv inner = ZERO;
    floatv loss = CROSS_ENTROPY ? log(sum) - (CERTAIN - OTHERWISE) * (picked - largest) - (OTHERWISE > 0 ? OTHERWISE * all : ZERO)
                                : ZERO;
    for (int u = 0; u < UNITS; u++) {
        const floatv p = LOAD(probabilities + start + u * BLOCK) * scale;
        STORE(probabilities + start + u * BLOCK, p);
        if (CROSS_ENTROPY) {
            const floatv d = select(ZERO, (p - TARGET(u)) * share, valid);
            GIVE(score_gradients + start + u * BLOCK, BACKWARD(d, LOAD(scores + start + u * BLOCK)));
        } else {
            loss += VALUE(p, TARGET(u)) * (1.0f / UNITS);
            inner += SLOPE(p, TARGET(u)) * p;
        }
    }
    if (!CROSS_ENTROPY)
        for (int u = 0; u < UNITS; u++) {
            const floatv p = LOAD(probabilities + start + u * BLOCK);
            const floatv d = p * (SLOPE(p, TARGET(u)) - inner) * (1.0f / UNITS * share);
            GIVE(score_gradients + start + u * BLOCK,
                 BACKWARD(select(ZERO, d, valid), LOAD(scores + start + u * BLOCK)));
        }

    const int row = SLOT(step) * BLOCKS * LANES + block * LANES + lane;
    losses[row] = sum_lanes(select(ZERO, weight * loss, valid));
    hits[row] = (int)sum_lanes(select(ZERO, (floatv)(1.0f), valid & (best == label)));
}
