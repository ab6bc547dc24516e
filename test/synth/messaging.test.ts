import { describe, expect, test } from '@jest/globals';
import { AWS_STAGES, type Json, resourcesOf, STAGES } from '../support/assembly.ts';

describe.each(STAGES)('the queues of %s', (stage) => {
  const queues = resourcesOf(stage, 'AWS::SQS::Queue');
  const working = queues.filter(({ Properties }) => Properties.RedrivePolicy);
  const alarmed = resourcesOf(stage, 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
    JSON.stringify(Properties.Dimensions),
  );

  test('each have a dead-letter queue that takes from it alone, and an alarm on the first dead letter', () => {
    expect(working).toHaveLength(queues.length / 2);
    for (const { id, Properties } of working) {
      const deadId = Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0];
      const dead = queues.find((each) => each.id === deadId);
      expect(dead?.Properties.RedriveAllowPolicy.redrivePermission).toBe('byQueue');
      expect(JSON.stringify(dead?.Properties.RedriveAllowPolicy.sourceQueueArns)).toContain(Properties.QueueName);
      expect([id, alarmed.some((dimensions) => dimensions?.includes(deadId))]).toEqual([id, true]);
    }
  });

  test('are monitoring for messages that wait too long, but for the one that people read', () => {
    for (const { id, Properties } of working.filter((each) => !each.id.includes('Undelivered')))
      expect([Properties.QueueName, alarmed.some((dimensions) => dimensions?.includes(id))]).toEqual([
        Properties.QueueName,
        true,
      ]);
  });

  test('are encrypted and refuse plain HTTP', () => {
    for (const { Properties } of queues) expect(Properties.SqsManagedSseEnabled).toBe(true);
    const policies = resourcesOf(stage, 'AWS::SQS::QueuePolicy');
    expect(policies).toHaveLength(queues.length);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  test('a message stays invisible for six times its worker’s timeout, and failures are reported one by one', () => {
    for (const { Properties } of working) expect(Properties.VisibilityTimeout).toBe(60);
    const mappings = resourcesOf(stage, 'AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(6);
    for (const { Properties } of mappings)
      expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });
});

describe.each(AWS_STAGES)('the mail of %s', (stage) => {
  test('is signed, has its own return path, and what does not arrive is heard of', () => {
    const [identity] = resourcesOf(stage, 'AWS::SES::EmailIdentity');
    expect(identity?.Properties.MailFromAttributes).toMatchObject({ BehaviorOnMxFailure: 'REJECT_MESSAGE' });
    const dkim = resourcesOf(stage, 'AWS::Route53::RecordSet').filter(
      ({ stack, Properties }) => stack === 'state' && Properties.Type === 'CNAME',
    );
    expect(dkim).toHaveLength(3);
    const [destination] = resourcesOf(stage, 'AWS::SES::ConfigurationSetEventDestination');
    expect(destination?.Properties.EventDestination.MatchingEventTypes).toEqual(['bounce', 'complaint', 'reject']);
    const rule = resourcesOf(stage, 'AWS::Events::Rule').find(({ Properties }) =>
      Properties.EventPattern?.source?.includes('aws.ses'),
    );
    const [target]: Json[] = rule?.Properties.Targets ?? [];
    expect(target.Arn['Fn::GetAtt'][0]).toContain('Undelivered');
  });
});
