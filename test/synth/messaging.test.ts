import { describe, expect, test } from '@jest/globals';
import { consumerOf, QUEUES } from '../../lambdas/registry.ts';
import { AWS_STAGES, type Json, resourcesOf, STAGES } from '../support/assembly.ts';

describe.each(STAGES)('the queues of %s', (stage) => {
  const queues = resourcesOf(stage, 'AWS::SQS::Queue');
  const working = queues.filter(({ Properties }) => Properties.RedrivePolicy);
  const alarmed = resourcesOf(stage, 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
    JSON.stringify(Properties.Dimensions),
  );

  test('each have a separate dead-letter queue with an alarm', () => {
    expect(working).toHaveLength(queues.length / 2);
    for (const { id, Properties } of working) {
      const deadId = Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0];
      const dead = queues.find((each) => each.id === deadId);
      expect(dead?.Properties.RedriveAllowPolicy.redrivePermission).toBe('byQueue');
      expect(JSON.stringify(dead?.Properties.RedriveAllowPolicy.sourceQueueArns)).toContain(Properties.QueueName);
      expect([id, alarmed.some((dimensions) => dimensions?.includes(deadId))]).toEqual([id, true]);
    }
  });

  test('have an alarm on the message age, except the queue that is read by hand', () => {
    for (const { id, Properties } of working.filter((each) => !each.id.includes('Undelivered')))
      expect([Properties.QueueName, alarmed.some((dimensions) => dimensions?.includes(id))]).toEqual([
        Properties.QueueName,
        true,
      ]);
  });

  test('are encrypted and deny plain HTTP', () => {
    for (const { Properties } of queues) expect(Properties.SqsManagedSseEnabled).toBe(true);
    const policies = resourcesOf(stage, 'AWS::SQS::QueuePolicy');
    expect(policies).toHaveLength(queues.length);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  test('hide a message for six times the worker’s timeout and get partial batch failures', () => {
    for (const { Properties } of working) expect(Properties.VisibilityTimeout).toBe(180);
    const mappings = resourcesOf(stage, 'AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(QUEUES.filter(consumerOf).length);
    for (const { Properties } of mappings)
      expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });
});

describe.each(AWS_STAGES)('the mail of %s', (stage) => {
  test('is signed with DKIM, has its own return path, and reports undelivered mails to a queue', () => {
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
